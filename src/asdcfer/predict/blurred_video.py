"""Blurred frames of a video: a face that is missed for a moment is covered there, too."""

import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from asdcfer.errors import InputError
from asdcfer.recognition.blur import Region, cover, face_region, mosaic
from asdcfer.recognition.face import Face
from asdcfer.recognition.tracking import FaceTracker

if TYPE_CHECKING:
    from asdcfer.predict.annotated_copies import Drawing

KEPT = 0.8
"""Seconds for which a face is covered after it was last found, and before it is found first."""
LEAST_FRAMES = 2
"""It is covered in this many frames all the same, where they lie further apart."""
MOST_BYTES = 256 * 2**20
"""Of frames held to look ahead; in larger ones less is seen of what comes."""
UNSURE = 0.15
"""What is covered beyond a face where its place is guessed, as a share of its longer side."""


@dataclass(frozen=True, eq=False)
class _Held:
    image: np.ndarray
    faces: Sequence[Face]
    time: float
    regions: dict[int, Region]


class BlurredFrames:
    """Holds the frames of a moment, covers their faces, and draws them on.

    A face is covered by the colors of the first frame in which it is covered: those of more frames
    together would tell more of it.

    Args:
        drawing: takes the covered frames.
    """

    def __init__(self, drawing: "Drawing") -> None:
        self._drawing = drawing
        self._tracker = FaceTracker(smoothing=0, lost_after=2 * KEPT)
        self._held: deque[_Held] = deque()
        self._before: deque[_Held] = deque()
        self._colors: dict[int, np.ndarray] = {}
        self._shape: tuple[int, ...] | None = None

    def add(self, image: np.ndarray, faces: Sequence[Face], time: float | None = None) -> None:
        """Take a frame, see `Drawing`; it is drawn when it is known what comes."""
        if time is None:
            raise InputError("a blurred video wants the time of each frame")
        if image.shape != self._shape:
            # Where a face lay in a picture of another size says nothing about this one.
            self.finish()
            self._shape = image.shape
        regions = {
            number: face_region(face) for face, number, _ in self._tracker.update(faces, time)
        }
        self._held.append(_Held(image, faces, time, regions))
        while len(self._held) > LEAST_FRAMES and (
            time - self._held[0].time > KEPT
            or sum(one.image.nbytes for one in self._held) > MOST_BYTES
        ):
            self._draw()

    def finish(self) -> None:
        """Draw the frames that are held, and forget all faces."""
        while self._held:
            self._draw()
        self._before.clear()
        self._tracker.forget()

    def _draw(self) -> None:
        frame = self._held.popleft()
        image = frame.image.copy()
        regions = {**self._guessed(frame), **frame.regions}
        for number, region in regions.items():
            if number not in self._colors:
                self._colors[number] = mosaic(frame.image, region)
        for number, region in regions.items():
            cover(image, region, self._colors[number])
        # The marks of eyes, nose and mouth would stand on nothing, and say where they were.
        faces = [replace(face, landmarks=None) for face in frame.faces]
        self._drawing.add(image, faces, frame.time)
        self._before.append(replace(frame, image=np.empty(0), faces=()))
        while len(self._before) > LEAST_FRAMES and frame.time - self._before[0].time > KEPT:
            self._before.popleft()

    def _guessed(self, frame: _Held) -> dict[int, Region]:
        """Return where the faces lie that are not found in a frame, but shortly before or after."""
        before = {n: (one.time, r) for one in self._before for n, r in one.regions.items()}
        after = {n: (one.time, r) for one in reversed(self._held) for n, r in one.regions.items()}
        found = {}
        for number in (before.keys() | after.keys()) - frame.regions.keys():
            then, here = before.get(number, after.get(number, (0.0, (0, 0, 0, 0))))
            later, there = after.get(number, (then, here))
            share = (frame.time - then) / (later - then) if later > then else 0.0
            found[number] = _grown([a + share * (b - a) for a, b in zip(here, there, strict=True)])
        return found


@contextlib.contextmanager
def blurred_frames(drawing: "Drawing") -> Iterator[BlurredFrames]:
    """Give what covers the faces of frames on their way to a drawing.

    What was added is drawn, even when the block raises an `InputError` of the source.
    """
    frames = BlurredFrames(drawing)
    try:
        yield frames
    except InputError:
        frames.finish()
        raise
    frames.finish()


def _grown(region: Sequence[float]) -> Region:
    left, top, right, bottom = region
    more = UNSURE * max(right - left, bottom - top)
    return (
        int(np.floor(left - more)),
        int(np.floor(top - more)),
        int(np.ceil(right + more)),
        int(np.ceil(bottom + more)),
    )
