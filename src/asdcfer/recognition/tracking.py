"""Follow faces from frame to frame, and smooth their scores in time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asdcfer.recognition.face import Face

MOST_COST = 1.0
"""Largest `difference` at which a track and a face can be the same face."""
LOST_AFTER = 0.6
"""Seconds for which an unseen face keeps its number, at least."""
LOST_GAPS = 1.5
"""It also keeps it over this many gaps between frames, so that frames that lie far apart (every
nth, a slow clip) do not all begin anew.
"""

Box = tuple[float, float, float, float]


def overlap(a: Box, b: Box) -> float:
    """Return the intersection over union of two boxes (x, y, width, height), 0..1.

    Example:
        >>> overlap((0, 0, 2, 2), (1, 0, 2, 2)), overlap((0, 0, 1, 1), (5, 5, 1, 1))
        (0.3333333333333333, 0.0)
    """
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)


def difference(a: Box, a_points: np.ndarray | None, b: Box, b_points: np.ndarray | None) -> float:
    """Return how unlike two faces lie; 0 is the same place.

    difference = ((1 - IoU) + mean distance of their landmarks in face sizes) / 2

    The landmarks keep a fast face whose boxes no longer overlap, and tell two faces apart whose
    boxes do. Without landmarks the boxes' centers stand in.
    """
    size = math.sqrt(max(1e-9, math.sqrt(max(0.0, a[2] * a[3] * b[2] * b[3]))))
    if a_points is not None and b_points is not None:
        distance = float(np.linalg.norm(a_points - b_points, axis=1).mean())
    else:
        distance = math.hypot(a[0] + a[2] / 2 - b[0] - b[2] / 2, a[1] + a[3] / 2 - b[1] - b[3] / 2)
    return ((1 - overlap(a, b)) + distance / size) / 2


@dataclass
class _Track:
    number: int
    box: Box
    landmarks: np.ndarray | None
    scores: np.ndarray
    seen: float


class FaceTracker:
    """Give each face of a video a number that stays with it, and average its scores in time.

    Faces are paired with tracks from the least `difference` upwards. Scores follow an exponential
    average whose weight depends on the time passed, so that it means the same at any frame rate:  s
    <- s + (1 - exp(-dt / smoothing)) (new - s).

    Args:
        smoothing: time constant, seconds; 0 gives each frame's own scores.
        lost_after: seconds for which an unseen face keeps its number, or `LOST_GAPS` times the time
            since the previous frame where that is longer; one that returns later is a new face.

    Example:
        >>> face = Face((0, 0, 40, 40), None, {"happy": 1.0, "sad": 0.0}, "happy", 1.0)
        >>> tracker = FaceTracker()
        >>> [number for _, number, _ in tracker.update([face], 0.0) + tracker.update([face], 0.04)]
        [0, 0]
    """

    def __init__(self, smoothing: float = 0.3, lost_after: float = LOST_AFTER) -> None:
        self.smoothing, self.lost_after = smoothing, lost_after
        self._tracks: list[_Track] = []
        self._next = 0
        self._before: float | None = None

    def update(self, faces: Sequence[Face], time: float) -> list[tuple[Face, int, np.ndarray]]:
        """Pair the faces of a frame with the tracks so far.

        Args:
            faces: of the frame.
            time: of the frame, seconds.

        Returns:
            Each face with its number and its smoothed scores, in the order of `face.scores`.
        """
        gap = 0.0 if self._before is None else time - self._before
        self._before = time
        keep = max(self.lost_after, LOST_GAPS * gap)
        self._tracks = [track for track in self._tracks if time - track.seen <= keep]
        pairs = sorted(
            (cost, t, f)
            for t, track in enumerate(self._tracks)
            for f, face in enumerate(faces)
            if (cost := difference(track.box, track.landmarks, face.box, face.landmarks))
            <= MOST_COST
        )
        track_of: dict[int, _Track] = {}
        taken: set[int] = set()
        for _, t, f in pairs:
            if t not in taken and f not in track_of:
                taken.add(t)
                track_of[f] = self._tracks[t]
        return [self._followed(face, track_of.get(f), time) for f, face in enumerate(faces)]

    def forget(self) -> None:
        """Drop all tracks: every face that comes is a new one, and numbers go on counting."""
        self._tracks = []

    def _followed(
        self, face: Face, track: _Track | None, time: float
    ) -> tuple[Face, int, np.ndarray]:
        scores = np.fromiter(face.scores.values(), np.float64)
        if track is None:
            track = _Track(self._next, face.box, face.landmarks, scores, time)
            self._next += 1
            self._tracks.append(track)
        weight = (
            1.0
            if self.smoothing == 0
            else -math.expm1(-max(0.0, time - track.seen) / self.smoothing)
        )
        track.scores = track.scores + weight * (scores - track.scores)
        track.box, track.landmarks, track.seen = face.box, face.landmarks, time
        return face, track.number, track.scores
