"""Recognition of a live picture, of a camera or a stream, until it ends."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asdcfer.errors import InputError
from asdcfer.predict.batch import Summary
from asdcfer.predict.journal import Journal, face_rows, failed_row
from asdcfer.recognition.video import Frame

if TYPE_CHECKING:
    from asdcfer.predict.recognizer import Recognizer


@dataclass
class LiveSummary(Summary):
    """What a live picture gave.

    Attributes:
        frames: how many were recognized.
        with_face: how many of those showed a face.
        seconds: from the first to the last of them.
        left_out: how many were received and passed over for newer ones.
        fault: why it broke off; empty where it was ended.
    """

    frames: int = 0
    with_face: int = 0
    seconds: float = 0.0
    left_out: int = 0
    fault: str = ""


def predict_frames(
    recognizer: "Recognizer",
    frames: Iterable[Frame],
    name: str,
    journal: Journal | None,
    show: Callable[[Frame], None],
) -> LiveSummary:
    """Recognize the frames of a camera until they end, break off, or the user interrupts.

    Args:
        recognizer: follows the faces.
        frames: newest first; a gap in their numbers are frames that were left out.
        name: in the rows.
        journal: takes the rows; None keeps none, however long it goes on.
        show: takes each frame with its faces.

    Raises:
        InputError: there was no frame at all; the journal is as it was.
    """
    frame: Frame | None = None
    summary = LiveSummary(files=1)
    try:
        for frame in recognizer.follow(frames):
            if journal is not None:
                journal.add(face_rows(name, frame.index, frame.time, frame.faces))
            summary.frames += 1
            summary.with_face += bool(frame.faces)
            summary.seconds = frame.time
            summary.left_out = frame.index + 1 - summary.frames
            show(frame)
    except KeyboardInterrupt:
        pass  # the way to end it
    except InputError as error:
        if frame is None:
            raise
        summary.broken, summary.fault = 1, str(error)
        if journal is not None:
            journal.add([failed_row(name, str(error), frame.index, round(frame.time, 4))])
    if journal is not None:
        journal.finish(name)
    return summary
