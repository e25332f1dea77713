"""Heads turned and projected by plain trigonometry."""

import math

import numpy as np


def projected(head: np.ndarray, yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Return where the points of a head (n,3) are seen from far away, (n,2).

    Point by point: it nods, turns, and tilts; x to the right, y down, z away from the camera.
    """
    nod, turn, tilt = math.radians(pitch), math.radians(yaw), math.radians(roll)
    seen = []
    for x, y, z in head:
        # looking up: what is in front (z < 0) moves up (y smaller)
        y, z = y * math.cos(nod) + z * math.sin(nod), z * math.cos(nod) - y * math.sin(nod)
        # to the right of the picture: what is in front moves right
        x, z = x * math.cos(turn) - z * math.sin(turn), z * math.cos(turn) + x * math.sin(turn)
        # clockwise: the top moves right
        seen.append(
            (x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt))
        )
    return np.array(seen)


def turned_in_plane(points: np.ndarray, degrees: float) -> np.ndarray:
    """Return points (n,2) turned clockwise, as a picture is."""
    angle = math.radians(degrees)
    c, s = math.cos(angle), math.sin(angle)
    return np.array([(x * c - y * s, x * s + y * c) for x, y in points])
