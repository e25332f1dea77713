"""Faces of a video: whole frames are searched now and then, windows around the faces in between.

Searching a whole frame takes most of the time of a video, and says little that the frame before did
not: so a face is looked for near where it was. A whole frame is searched again when a face is not
found there, when the size of the frames changes, after some frames, and, unless the caller fixes
their number, soon after something changed outside of the windows, where a new face may be.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import cv2
import numpy as np

from asdcfer.recognition.detection import Detection, Detector

REST = 0.4
"""Seconds after which a whole frame is searched in any case."""
REST_FRAMES = 10
"""It is searched after so many frames all the same, where they lie closer together."""
SOON = 3
"""Frames after which a whole frame is searched where something changed outside of the windows."""
_CELLS = (64, 36)
"""Columns and rows of the small picture in which changes are looked for."""
_LEVELS, _CHANGED, _CUT = 24, 6, 0.3
"""A cell has changed that is so many gray levels off; so many cells are a change that counts; and
such a share of all of them is another scene.
"""
_AROUND = 3.0
"""What belongs to a face, as a multiple of its longer side: head and shoulders, whose movement
brings no new face.
"""


@runtime_checkable
class NearDetector(Protocol):
    """A detector that can also look for faces near where they were."""

    def __call__(self, image: np.ndarray, /) -> list[Detection]:
        """Return the faces of one picture."""
        ...

    def near(self, image: np.ndarray, faces: Sequence[Detection]) -> list[Detection] | None:
        """Return faces of the frame before where they are now, None where one is lost."""
        ...


class RollingDetector:
    """Find the faces of one frame after the other.

    Args:
        detector: of whole frames. Where it has no `near`, every frame is searched.
        every: whole frames are searched every so many frames; None decides, see `REST` and `SOON`.

    Attributes:
        searched: how many whole frames were searched.

    Example:
        >>> from asdcfer.recognition.detector import YuNet
        >>> rolling, frame = RollingDetector(YuNet()), np.zeros((80, 80, 3), np.uint8)
        >>> faces = [rolling(frame, number / 25) for number in range(25)]
        >>> rolling.searched
        3
    """

    def __init__(self, detector: Detector, every: int | None = None) -> None:
        self._detector, self._every = detector, every
        self._near = detector if isinstance(detector, NearDetector) else None
        self._faces: list[Detection] = []
        self._frames, self._time = 0, 0.0
        self._shape: tuple[int, ...] = ()
        self._small = np.empty(0)
        self.searched = 0

    def __call__(self, image: np.ndarray, time: float) -> list[Detection]:
        """Return the faces of the next frame.

        Args:
            image: uint8 (H,W,3).
            time: of the frame, seconds.
        """
        self._frames += 1
        found = None
        if self._near is not None and not self._is_due(image, time):
            found = self._near.near(image, self._faces)
        if found is None:
            found = self._detector(image)
            self.searched += 1
            self._frames, self._time, self._shape = 0, time, image.shape
            self._small = np.empty(0)
        if not self._small.size and self._near is not None and self._every is None:
            self._small = _small(image)
        self._faces = found
        return found

    def _is_due(self, image: np.ndarray, time: float) -> bool:
        if image.shape != self._shape or not self.searched:
            return True
        if self._every is not None:
            return self._frames >= self._every
        if self._frames >= REST_FRAMES or not 0 <= time - self._time < REST - 1e-6:
            return True
        changed = self._changed(image)
        return changed > _CUT * self._small.size or (self._frames >= SOON and changed >= _CHANGED)

    def _changed(self, image: np.ndarray) -> int:
        """Return how many cells outside of the windows changed since the last search."""
        small = _small(image)
        cells = np.abs(small.astype(int) - self._small) > _LEVELS
        height, width = image.shape[:2]
        for face in self._faces:
            x, y, across, down = face.box
            half = _AROUND * max(across, down) / 2
            left, right = ((x + across / 2 + side) * _CELLS[0] / width for side in (-half, half))
            top, bottom = ((y + down / 2 + side) * _CELLS[1] / height for side in (-half, half))
            rows = slice(max(0, int(top)), max(0, int(bottom) + 1))
            cells[rows, max(0, int(left)) : max(0, int(right) + 1)] = False
        return int(cells.sum())


def _small(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(image, _CELLS, interpolation=cv2.INTER_AREA)
    return small if small.ndim == 2 else small.mean(2)
