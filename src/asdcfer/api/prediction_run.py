"""One run of `predict`, step by step: checks, recognition into a journal, table, timelines."""

import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from asdcfer.api.data_inputs import PathLike
from asdcfer.api.prediction_inputs import Camera, words_of
from asdcfer.api.prediction_progress import FileProgress, show_frame
from asdcfer.api.prediction_settings import PredictOutputs, PredictSettings
from asdcfer.api.prediction_workers import (
    PredictionWork,
    face_likeness,
    predict_on_workers,
    recognizer_of,
    weights_of,
)
from asdcfer.errors import InputError
from asdcfer.files import remove_leftovers, sha256
from asdcfer.output_lock import OutputLock, remove_abandoned
from asdcfer.predict.batch import Settings, Summary, predict_files
from asdcfer.predict.columns import column_names
from asdcfer.predict.face_table import FaceTable
from asdcfer.predict.inputs import collect
from asdcfer.predict.journal import Journal
from asdcfer.predict.live import LiveSummary, predict_frames
from asdcfer.predict.output_paths import keep_apart, nothing_left, partial_path, refuse_inputs
from asdcfer.predict.people.naming import check_names_path, name_people, with_people
from asdcfer.predict.people.track_features import TrackFeatures
from asdcfer.predict.table_io import check_table_path
from asdcfer.predict.timeline import check_can_draw, write_timelines
from asdcfer.progress import Progress
from asdcfer.recognition import camera, stream
from asdcfer.recognition.video import Frame


class PredictionRun:
    """A run of `predict`: what can be found out is checked when it is made, before any work.

    As a context it loads the model and keeps the rows in a journal, which is removed once they are
    in the table, or with the rows themselves where there is none.

    Args:
        inputs: photos, videos, folders, globs; or a camera.
        settings: how to recognize.
        outputs: what to write.
        wording: from the reason in a row to what is written there: arguments as they are typed.

    Attributes:
        files: what is read.
        passed_over: what is in the folders and not read, counted by the reason.
        complete: an earlier run finished everything, and nothing is left to do.
        table: where the rows go in the end.
        faces: the rows so far, as a table.
        people: the names file, where persons are looked for.
        written: the table is complete.
        statuses: how many rows of it have each status.
        summary: how many files were read, and how; known after `recognize`.

    Raises:
        InputError: options that cannot be together, or results that are there already.
    """

    def __init__(
        self,
        inputs: PathLike | Sequence[PathLike] | Camera,
        settings: PredictSettings,
        outputs: PredictOutputs,
        wording: Callable[[str], str] = str,
    ) -> None:
        self.settings, self.outputs, self._wording = settings, outputs, wording
        self.camera = inputs if isinstance(inputs, Camera) else None
        self.table, self._annotate, self._plot, self.people = (
            None if path is None else Path(path)
            for path in (outputs.table, outputs.annotate, outputs.plot, outputs.people)
        )
        self.summary: Summary | LiveSummary = Summary()
        self._check_options()
        words = [] if isinstance(inputs, Camera) else words_of(inputs)
        self.passed_over: Counter[str] = Counter()
        aside = [self._annotate] if self._annotate else []
        self.files = collect(words, aside, self.passed_over) if words else []
        if self._plot is not None and all(item.kind == "photo" for item in self.files):
            raise InputError(
                "`plot` draws the timeline of a video, and no video is among the inputs"
            )
        targets = (self.table, self._annotate, self._plot)
        refuse_inputs(self.files, *targets)
        named = dict(zip(("table", "annotate", "plot"), targets, strict=True))
        keep_apart({**named, "people": self.people}, (item.path for item in self.files))
        self.complete = not outputs.force and nothing_left(self.files, *targets, outputs.resume)
        if self.complete:
            for output in (self.table, self._annotate):
                if output is not None:
                    remove_abandoned(output, beside=True)
        self._stack = contextlib.ExitStack()
        self.written = False
        self.statuses: Counter[str] = Counter()

    def _check_options(self) -> None:
        outputs = self.outputs
        if self.camera is not None and isinstance(self.camera.source, str):
            stream.check_address(self.camera.source)
        if self.camera is not None and (outputs.annotate or outputs.plot or outputs.resume):
            raise InputError("`annotate`, `plot` and `resume=True` go with files, not a camera")
        if self.camera is not None and self.settings.engine.spread:
            raise InputError("a camera is recognized by this process; leave `engine=ray` away")
        if outputs.explain and outputs.annotate is None:
            raise InputError("`explain=True` draws into annotated copies; add `annotate`, a folder")
        if outputs.blur and outputs.annotate is None:
            raise InputError("`blur=True` is for annotated copies; add `annotate`, a folder")
        if outputs.resume and outputs.table is None:
            raise InputError("`resume=True` goes on with the run of a table; add `table`")
        if self.table is not None:
            check_table_path(self.table, outputs.shard)
        elif outputs.shard is not None:
            raise InputError("`shard` divides a table into files; add `table`, a folder")
        if self._plot is not None:
            check_can_draw(self._plot)
        if self.people is not None:
            if self.camera is not None:
                raise InputError("`people` joins the tracks of files, not of a camera")
            check_names_path(self.people)

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _begin(self) -> None:
        for output in (self.table, self._annotate, self._plot, self.people):
            if output is not None:
                self._stack.enter_context(OutputLock(output, beside=True))
        if self._annotate is not None:
            remove_leftovers(self._annotate)
        for beside in (self.people, self._plot):
            if beside is not None:
                remove_leftovers(beside, beside=True)
        self.recognizer = recognizer_of(self.settings, self.outputs.blur)
        if self.outputs.explain and not self.recognizer.explains:
            raise InputError(
                f"`explain=True` needs gradients, which {self.recognizer.runtime.name} does not "
                "give; choose a model that runs by torch, or leave it away"
            )
        if self.table is not None:
            path = partial_path(self.table)
        else:
            folder = tempfile.TemporaryDirectory(prefix="asdcfer-")
            path = Path(self._stack.enter_context(folder)) / "rows"
        self.journal = self._stack.enter_context(
            Journal(path, self._identity(), self.outputs.resume)
        )
        self._likeness = None if self.people is None else face_likeness()
        looking = self.people is not None
        self.faces = FaceTable(self.journal.rows, self.recognizer.expressions, looking)
        self.columns = column_names(self.faces.columns)

    def __exit__(self, *_: object) -> None:
        # A table that is complete has no journal beside it, whatever becomes of the rest.
        if self.written:
            self.journal.delete()
        self._stack.close()

    @property
    def failed(self) -> bool:
        """Whether nothing could be read, a copy is missing, or a live picture was lost."""
        nothing_read = self.summary.files > 0 and self.summary.failed == self.summary.files
        lost = self.camera is not None and self.summary.broken > 0
        return nothing_read or bool(self.summary.uncopied) or lost

    def recognize(self, progress: Progress, each: Callable[[Frame], None] | None = None) -> None:
        """Recognize everything that is left to do; finished files survive an interruption.

        Args:
            progress: is told of the files, or of the frames of a camera.
            each: takes each frame of a camera; its rows are then kept for a table only.

        Raises:
            InputError: the camera gives nothing.
        """
        if self.camera is not None:
            self.summary = self._recognize_live(self.camera, progress, each)
            return
        batch = Settings(
            self.settings.sampling,
            self._annotate,
            self.outputs.explain,
            self._wording,
            self.outputs.blur,
            self.outputs.sound,
            None if self._likeness is None else TrackFeatures(self._likeness),
        )
        report = FileProgress(progress, self.journal, [item.key for item in self.files])
        if self.settings.engine.spread:
            work = PredictionWork(self.settings, batch, weights_of(self.recognizer.card))
            self.summary = predict_on_workers(work, self.files, self.journal, report)
            if self._annotate is not None:
                remove_leftovers(self._annotate)  # of workers that were lost
        else:
            self.summary = predict_files(self.recognizer, self.files, self.journal, batch, report)
        if self.people is not None and self._likeness is not None:
            found = name_people(self.people, self.journal.tracks(), self._likeness.vectors)
            rows = self.journal.rows
            self.faces = FaceTable(
                lambda: with_people(rows(), found), self.recognizer.expressions, people=True
            )

    def _recognize_live(
        self, source: Camera, progress: Progress, each: Callable[[Frame], None] | None
    ) -> LiveSummary:
        def show(frame: Frame) -> None:
            show_frame(progress, frame)
            if each is not None:
                each(frame)

        if isinstance(source.source, int):
            frames = camera.camera_frames(source.source, source.seconds)
        else:
            frames = stream.stream_frames(
                source.source,
                source.seconds,
                source.retry,
                progress.message,
                self.settings.max_pixels,
            )
        # Lines that go out as they come would fill the disk of a machine that runs for months.
        journal = None if each is not None and self.table is None else self.journal
        try:
            return predict_frames(self.recognizer, frames, source.name, journal, show)
        except InputError:
            self.journal.delete()  # the camera gave nothing
            raise

    def write_table(self) -> None:
        """Write the table, where one is wanted."""
        if self.table is not None:
            self.statuses = self.faces.write(self.table, self.outputs.shard)
            self.written = True

    def draw_timelines(self, progress: Progress) -> None:
        """Draw the timeline of each video, where they are wanted.

        Raises:
            InputError: no video gave a frame.
        """
        if self._plot is not None:
            write_timelines(self._plot, self.journal, self.recognizer.expressions, progress.message)

    def _identity(self) -> dict[str, Any]:
        """Return what decides the rows; a journal made under others is not continued."""
        settings, card = self.settings, self.recognizer.card
        detector_model = settings.detector_model
        return {
            "model": weights_of(card) or str(settings.model),
            "precision": card.get("precision"),
            "detect": settings.detect,
            "detector": settings.detector,
            "score_threshold": settings.score_threshold,
            "detector_model": sha256(Path(detector_model))
            if detector_model is not None and Path(detector_model).is_file()
            else None,
            "min_face": settings.min_face,
            "abstain_below": settings.abstain_below,
            "max_yaw": settings.max_yaw,
            "min_sharpness": settings.min_sharpness,
            "every": settings.every,
            "fps": settings.fps,
            "start": settings.start,
            "end": settings.end,
            "tracking": settings.tracking,
            "smoothing": settings.smoothing,
            "detect_every": settings.detect_every,
            "max_pixels": settings.max_pixels,
            "annotate": None if self._annotate is None else os.path.realpath(self._annotate),
            "explain": self.outputs.explain,
            "blur": self.outputs.blur,
            "sound": self.outputs.sound,
            "people": self.people is not None,
            "camera": None if self.camera is None else self.camera.name,
        }
