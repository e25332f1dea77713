"""Tracks: which faces of a pack are moments of one face in one video, and when each was seen.

The one place that writes and reads such ids: `clip.mp4#3@12.5` is track 3 of clip.mp4 at 12.5 s.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_MOMENT = re.compile(r"(?P<video>.+)#(?P<track>\d+)@(?P<seconds>\d+(?:\.\d+)?)", re.DOTALL)
_ANOTHER_FACE = re.compile(r"(?P<picture>.+)#\d+", re.DOTALL)
"""The second and further faces of a photo, as `group.jpg#2`."""


class Moment(NamedTuple):
    """What the id of a face from a video says.

    Attributes:
        video: the video's name in the pack.
        track: number of the face in it.
        seconds: from the start of the video.
    """

    video: str
    track: int
    seconds: float


def moment_id(moment: Moment) -> str:
    """Return the id of a face from a video; times are told to a thousandth.

    Example:
        >>> moment_id(Moment("clip.mp4", 3, 12.5)), moment_id(Moment("clip.mp4", 0, 1 / 3))
        ('clip.mp4#3@12.5', 'clip.mp4#0@0.333')
    """
    seconds = f"{moment.seconds:.3f}".rstrip("0").rstrip(".")
    return f"{moment.video}#{moment.track}@{seconds}"


def moment_of(name: str) -> Moment | None:
    """Return what an id says, None where its face is from no video.

    Example:
        >>> moment_of("clip.mp4#3@12.5")
        Moment(video='clip.mp4', track=3, seconds=12.5)
    """
    found = _MOMENT.fullmatch(name)
    if found is None:
        return None
    return Moment(found["video"], int(found["track"]), float(found["seconds"]))


def recordings(ids: Sequence[str]) -> list[str]:
    """Return the video or photo that each face comes from: faces of one must not be torn apart.

    Args:
        ids: of a pack.

    Example:
        >>> recordings(["a.mp4#0@1.5", "a.mp4#1@2", "group.jpg", "group.jpg#2", "face.png"])
        ['a.mp4', 'a.mp4', 'group.jpg', 'group.jpg', 'face.png']
    """
    found = []
    for name in ids:
        moment, another = moment_of(name), _ANOTHER_FACE.fullmatch(name)
        if moment is not None:
            found.append(moment.video)
        else:
            found.append(another["picture"] if another else name)
    return found


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
    numbers: dict[tuple[str, int], int] = {}
    tracks, seconds = np.full(len(ids), -1, np.int64), np.zeros(len(ids))
    for row, name in enumerate(ids):
        moment = moment_of(name)
        if moment is not None:
            tracks[row] = numbers.setdefault((moment.video, moment.track), len(numbers))
            seconds[row] = moment.seconds
    return tracks, seconds
