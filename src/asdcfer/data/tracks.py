"""Tracks: which faces of a pack are moments of one face in one video, and when each was seen."""

import re
from collections.abc import Sequence

import numpy as np

MOMENT = re.compile(r"^(?P<track>.+#\d+)@(?P<seconds>\d+(?:\.\d+)?)$")
"""An id of a pack made from videos, as `clip.mp4#3@12.5`: video, number of the track, seconds."""


def track_moments(ids: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the track and the time of each face, as its id says.

    Args:
        ids: of a pack.

    Returns:
        int64 (N,), numbers of tracks in the order they first appear, -1 for a face of none; and
        float64 (N,), seconds from the start of the video, 0 for a face of none.

    Example:
        >>> tracks, seconds = track_moments(["a.mp4#0@1.5", "a.mp4#1@1.5", "face.png"])
        >>> tracks.tolist(), seconds.tolist()
        ([0, 1, -1], [1.5, 1.5, 0.0])
    """
    numbers: dict[str, int] = {}
    tracks, seconds = np.full(len(ids), -1, np.int64), np.zeros(len(ids))
    for row, name in enumerate(ids):
        found = MOMENT.match(name)
        if found is not None:
            tracks[row] = numbers.setdefault(found["track"], len(numbers))
            seconds[row] = float(found["seconds"])
    return tracks, seconds
