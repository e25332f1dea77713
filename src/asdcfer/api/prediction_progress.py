"""How far `predict` is: files, frames of a video, the faces before a camera."""

import time
from collections.abc import Sequence
from pathlib import Path

from asdcfer.predict.journal import Journal
from asdcfer.progress import Progress
from asdcfer.recognition.video import Frame


def _in_one_line(name: str) -> str:
    """Return a name without what would break the line: a file's may hold any sign."""
    return "".join(sign if sign.isprintable() else " " for sign in name)


class FileProgress:
    """Counts files, with the share of a video counted in, for `predict_files`.

    Args:
        progress: is told.
        journal: knows the files that an earlier run finished.
        keys: of all files.
    """

    def __init__(self, progress: Progress, journal: Journal, keys: Sequence[str]) -> None:
        self._progress, self._total = progress, len(keys)
        self._finished = sum(key in journal.finished for key in keys)
        self._frames, self._start = 0, time.perf_counter()
        progress("recognizing", self._finished, self._total)

    def __call__(self, name: str, share: float, new: int) -> None:
        """Take that a share of a file is done, 0..1, and how many frames are new."""
        self._frames += new
        self._finished += share >= 1
        rate = self._frames / max(1e-9, time.perf_counter() - self._start)
        self._progress(
            "recognizing",
            self._finished + (share if share < 1 else 0),
            self._total,
            f"{rate:,.1f} frames/s  {_in_one_line(Path(name).name)[-28:]}",
        )


def show_frame(progress: Progress, frame: Frame) -> None:
    """Tell what the faces of a camera's frame show, and how many frames a second there are."""
    rate = (frame.index + 1) / frame.time if frame.time else 0.0
    faces = "   ".join(
        f"face {face.id}: {face.expression} {face.confidence:.0%}" for face in frame.faces
    )
    progress("camera", frame.time, 0, f"{rate:5.1f} frames/s  {faces or 'no face'}")
