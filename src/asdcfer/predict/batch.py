"""Recognition of a list of files into the rows of a journal."""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asdcfer.errors import AsdcferError, InputError
from asdcfer.full_disk import takes_no_more
from asdcfer.predict.annotated_copies import Drawing, video_writer, write_photo
from asdcfer.predict.blurred_video import blurred_frames
from asdcfer.predict.file_batches import Photo, batches, pieces
from asdcfer.predict.inputs import Input
from asdcfer.predict.journal import RowTaker, face_rows, failed_row
from asdcfer.predict.people.track_features import TrackFeatures
from asdcfer.predict.sound_copy import SoundCopy
from asdcfer.recognition.face import Face
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.video import Frame
from asdcfer.recognition.video_source import VideoHeader, read_header

if TYPE_CHECKING:
    from asdcfer.predict.recognizer import Recognizer

FileProgress = Callable[[str, float, int], None]
"""Called with a file's name, the share of it that is done (1 when finished), and the frames or
photos since the last call.
"""


@dataclass(frozen=True)
class Settings:
    """How files are run.

    Attributes:
        sampling: which frames of a video.
        annotate: folder for annotated copies, or None.
        explain: lay the attention over them.
        blur: make the faces in them unrecognizable.
        sound: copy the sound of videos.
        wording: from the reason of a row to what is written: arguments as the caller types them.
        tracks: looks at every face, to tell persons apart; None does not.
    """

    sampling: FrameSampling = field(default_factory=FrameSampling)
    annotate: Path | None = None
    explain: bool = False
    wording: Callable[[str], str] = str
    blur: bool = False
    sound: bool = True
    tracks: TrackFeatures | None = None


@dataclass
class Summary:
    """What a run met.

    Attributes:
        files: how many were read, or tried.
        failed: how many of those could not be read.
        broken: how many broke off.
        resumed: how many were done before.
        uncopied: why an annotated copy is missing, a line a file.
        silent: why an annotated copy lacks sound, a line a file.
        uncovered: files with a blurred copy in which nothing is covered: no face was found.
    """

    files: int = 0
    failed: int = 0
    broken: int = 0
    resumed: int = 0
    uncopied: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)


def predict_files(
    recognizer: "Recognizer",
    inputs: Sequence[Input],
    journal: RowTaker,
    settings: Settings,
    progress: FileProgress,
) -> Summary:
    """Recognize files in order.

    A file that cannot be read becomes a row with its reason, and the next one follows. Files that
    the journal holds as finished are passed over.
    """
    left = [item for item in inputs if item.key not in journal.finished]
    summary = Summary(resumed=len(inputs) - len(left))
    for piece in pieces(left):
        for batch in batches(piece, recognizer.max_pixels):
            if isinstance(batch, Input):
                _video(recognizer, batch, journal, settings, progress, summary)
            else:
                _photos(recognizer, batch, journal, settings, progress, summary)
    return summary


def _photos(
    recognizer: "Recognizer",
    batch: list[Photo],
    journal: RowTaker,
    settings: Settings,
    progress: FileProgress,
    summary: Summary,
) -> None:
    answers = iter(
        _answers(
            recognizer,
            [image for _, image in batch if isinstance(image, np.ndarray)],
            settings.explain,
        )
    )
    for item, image in batch:
        name = str(item.path)
        summary.files += 1
        answer = image if isinstance(image, InputError) else next(answers)
        if isinstance(image, InputError) or isinstance(answer, InputError):
            summary.failed += 1
            journal.add([_failed(settings, name, answer)])
        else:
            if settings.annotate is not None:
                with _copying(item, summary):
                    write_photo(settings.annotate, item.name, image, answer, settings.blur)
                    if settings.blur and not answer:
                        summary.uncovered.append(name)
            journal.add(face_rows(name, 0, 0.0, answer))
            if settings.tracks is not None:
                settings.tracks.add(name, 0.0, image, answer)
                journal.add_tracks(settings.tracks.finish())
        journal.finish(name, item.key)
        progress(name, 1.0, 1)


def _failed(
    settings: Settings, name: str, error: object, frame: Frame | None = None
) -> dict[str, Any]:
    where = () if frame is None else (frame.index, round(frame.time, 4))
    row = failed_row(name, str(error), *where)
    return row | {"status": settings.wording(row["status"])}


@contextlib.contextmanager
def _copying(item: Input, summary: Summary) -> Iterator[None]:
    """Note an annotated copy that cannot be made, such as one whose name a disk does not take.

    A disk that is full ends the run: it would take no copy, and no row either.
    """
    try:
        yield
    except InputError:
        raise
    except AsdcferError as error:
        if takes_no_more(error):
            raise
        summary.uncopied.append(f"{item.path}: {error}")


def _answers(
    recognizer: "Recognizer", images: list[np.ndarray], explain: bool
) -> "list[list[Face] | InputError]":
    """Recognize pictures together; where that fails, one by one.

    So only the picture at fault, or too large for the memory, has no answer.
    """
    try:
        return list(recognizer(images, explain=explain))
    except AsdcferError:
        raise
    except Exception as error:
        if len(images) > 1:
            return [answer for image in images for answer in _answers(recognizer, [image], explain)]
        line = " ".join(str(error).split()) or "no reason given"
        return [InputError(f"recognition failed ({type(error).__name__}: {line[:200]})")]


def _video(
    recognizer: "Recognizer",
    item: Input,
    journal: RowTaker,
    settings: Settings,
    progress: FileProgress,
    summary: Summary,
) -> None:
    name = str(item.path)
    frame: Frame | None = None
    seen = False
    summary.files += 1
    try:
        header = read_header(item.path)
        drawing: Drawing | None = None
        with contextlib.ExitStack() as stack:
            if settings.annotate is not None:
                with _copying(item, summary):
                    drawing = _drawing(item, header, settings, summary, stack)
            chosen = settings.sampling
            for frame in recognizer.video(item.path, explain=settings.explain, sampling=chosen):
                journal.add(face_rows(name, frame.index, frame.time, frame.faces))
                seen |= bool(frame.faces)
                if settings.tracks is not None:
                    settings.tracks.add(name, frame.time, frame.image, frame.faces)
                if drawing is not None:
                    drawing.add(frame.image, frame.faces, frame.time - chosen.start)
                span = min(header.seconds or 0.0, chosen.end or math.inf) - chosen.start
                done = (frame.time - chosen.start) / span if span > 0 else 0.0
                progress(name, min(done, 0.999), 1)
    except InputError as error:
        if frame is None:
            summary.failed += 1
            journal.add([_failed(settings, name, error)])
        else:
            summary.broken += 1
            journal.add([_failed(settings, name, error, frame)])
    if settings.annotate is not None and settings.blur and frame is not None and not seen:
        summary.uncovered.append(name)
    if settings.tracks is not None:
        journal.add_tracks(settings.tracks.finish())
    journal.finish(name, item.key, video=frame is not None)
    progress(name, 1.0, 0)


def _drawing(
    item: Input,
    header: VideoHeader,
    settings: Settings,
    summary: Summary,
    stack: contextlib.ExitStack,
) -> Drawing:
    """Begin the annotated copy of a video; the stack ends it."""
    assert settings.annotate is not None
    sound = None
    if settings.sound:
        sound = stack.enter_context(SoundCopy(item.path, settings.sampling))
        stack.callback(_note_silence, item, sound, summary)
    rate = settings.sampling.rate(header.rate or 25)
    drawing = stack.enter_context(video_writer(settings.annotate, item.name, rate, sound))
    return stack.enter_context(blurred_frames(drawing)) if settings.blur else drawing


def _note_silence(item: Input, sound: SoundCopy, summary: Summary) -> None:
    if sound.fault:
        summary.silent.append(f"{item.path}: {sound.fault}")
