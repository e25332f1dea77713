"""`predict`: expressions in photos, folders, videos and the camera's picture, as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from asdcfer.api.data_inputs import PathLike
from asdcfer.api.prediction_inputs import Camera
from asdcfer.api.prediction_run import PredictionRun
from asdcfer.api.prediction_settings import PredictOutputs, PredictSettings
from asdcfer.predict.table_io import read_table
from asdcfer.progress import SILENT, Progress

Row: TypeAlias = dict[str, Any]
"""One face in one frame: file, frame, time, face, box, scores, expression, confidence, status."""


@dataclass(frozen=True)
class Predictions:
    """What was recognized.

    Attributes:
        columns: of the rows, in the order of a table.
        table: the file with the rows; None where they are in memory.
        files: how many were read.
        failed: how many of those could not be read.
        broken: how many broke off.
        resumed: how many were done by an earlier run.
        passed_over: what is in the folders and was not read, counted by the reason.
        uncopied: why an annotated copy is missing, a line a file.
        silent: why an annotated copy lacks sound, a line a file.
    """

    columns: tuple[str, ...]
    table: Path | None
    files: int
    failed: int
    broken: int
    resumed: int
    passed_over: Mapping[str, int] = field(default_factory=dict)
    uncopied: tuple[str, ...] = ()
    in_memory: tuple[Row, ...] = ()
    silent: tuple[str, ...] = ()

    def rows(self) -> list[Row]:
        """Return the rows, read from the table where there is one."""
        return list(self.in_memory) if self.table is None else read_table(self.table)


def predict(
    inputs: PathLike | Sequence[PathLike] | Camera,
    settings: PredictSettings | None = None,
    outputs: PredictOutputs | None = None,
    *,
    progress: Progress = SILENT,
) -> Predictions:
    """Recognize expressions in photos, folders and videos; one row a face and frame.

    A picture without a face gives one row with the status "no face"; a file that cannot be read
    gives one with the reason. A run with a table that is interrupted keeps its finished files, and
    `PredictOutputs(resume=True)` continues it.

    Args:
        inputs: photos, videos, folders (searched recursively), globs; or a camera.
        settings: the model, the detector, and what is done with video.
        outputs: files to write; by default none, and the rows are kept in memory.
        progress: is told of the files.

    Raises:
        InputError: an option that cannot be, results that are there already, or no camera.
        WeightsError: there is no such model.
    """
    outputs = outputs or PredictOutputs()
    run = PredictionRun(inputs, settings or PredictSettings(), outputs)
    if run.complete:
        return Predictions((), run.table, 0, 0, 0, len(run.files), run.passed_over)
    with run:
        run.recognize(progress)
        run.write_table()
        run.draw_timelines(progress)
        return Predictions(
            run.columns,
            run.table,
            run.summary.files,
            run.summary.failed,
            run.summary.broken,
            run.summary.resumed,
            run.passed_over,
            tuple(run.summary.uncopied),
            () if run.table is not None else tuple(run.faces),
            tuple(run.summary.silent),
        )
