"""Sources of a table of faces: files, folders and globs, pictures in memory, frames in a row."""

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asdcfer.predict.batch import Settings, predict_files
from asdcfer.predict.face_table import FaceTable, temporary_folder
from asdcfer.predict.inputs import collect
from asdcfer.predict.journal import Journal, face_rows
from asdcfer.progress import SILENT, Progress
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.picture import check_frames, holds_pixels, is_file
from asdcfer.recognition.video import numbered_frames

if TYPE_CHECKING:
    from asdcfer.predict.recognizer import Recognizer


def table_of(
    recognizer: "Recognizer",
    source: Any,
    sampling: FrameSampling | None = None,
    progress: Progress = SILENT,
) -> FaceTable:
    """Return the table of a source; see `Recognizer.table`."""
    place: list[Path] = []
    # The rows live on disk as long as the table: those of a long video need not fit in memory.
    table = FaceTable(lambda: Journal.read(place[0]), recognizer.expressions)
    place.append(temporary_folder(table) / "rows")
    with Journal(place[0], {}) as journal:
        _fill(journal, recognizer, source, sampling or FrameSampling(), progress)
    return table


def _fill(
    journal: Journal,
    recognizer: "Recognizer",
    source: Any,
    sampling: FrameSampling,
    progress: Progress,
) -> None:
    if _is_path(source) or _is_picture(source):
        source = [source]
    if not isinstance(source, list | tuple):
        frames = numbered_frames(check_frames(source))
        taken, over = sampling.chooser(), sampling.is_over
        chosen = itertools.takewhile(lambda frame: not over(frame.time), frames)
        for frame in recognizer.follow(f for f in chosen if taken(f.index, f.time)):
            journal.add(face_rows("frames", frame.index, frame.time, frame.faces))
    elif source and all(map(_is_path, source)):
        _fill_from_files(journal, recognizer, source, sampling, progress)
    else:
        _fill_from_pictures(journal, recognizer, source, progress)


def _fill_from_files(
    journal: Journal,
    recognizer: "Recognizer",
    paths: Sequence[str | os.PathLike[str]],
    sampling: FrameSampling,
    progress: Progress,
) -> None:
    inputs = collect([os.fsdecode(path) for path in paths])
    finished = itertools.count(1)

    def tell(name: str, share: float, _: int) -> None:
        if share >= 1:
            progress("recognizing", next(finished), len(inputs), Path(name).name)

    predict_files(recognizer, inputs, journal, Settings(sampling), tell)


def _fill_from_pictures(
    journal: Journal, recognizer: "Recognizer", pictures: Sequence[Any], progress: Progress
) -> None:
    for start in range(0, len(pictures), recognizer.batch_size):
        part = list(pictures[start : start + recognizer.batch_size])
        for number, (one, faces) in enumerate(zip(part, recognizer(part), strict=True), start):
            name = os.fsdecode(one) if _is_path(one) else f"picture {number}"
            journal.add(face_rows(name, 0, 0.0, faces))
        progress("recognizing", start + len(part), len(pictures))


def _is_path(source: Any) -> bool:
    return isinstance(source, str | os.PathLike)


def _is_picture(source: Any) -> bool:
    return is_file(source) or holds_pixels(source)
