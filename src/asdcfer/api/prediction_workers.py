"""Files that the workers of an engine recognize; their rows come back into the one journal."""

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asdcfer.api.prediction_settings import PredictSettings
from asdcfer.engines.ray_engine import ray_results
from asdcfer.errors import AsdcferError
from asdcfer.predict.batch import FileProgress, Settings, Summary, predict_files
from asdcfer.predict.file_batches import pieces
from asdcfer.predict.inputs import Input
from asdcfer.predict.journal import RowTaker
from asdcfer.predict.people.track_features import TrackFeatures
from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition.options import DetectionOptions, TrackingOptions

if TYPE_CHECKING:
    from asdcfer.recognition.face_likeness import FaceLikeness


def recognizer_of(settings: PredictSettings, blur: bool) -> Recognizer:
    """Return what recognizes faces as the settings say; with `blur` no frame is passed over."""
    # A face that is to be covered must not come a moment late.
    every = 1 if blur else settings.detect_every
    return Recognizer(
        settings.model,
        settings.device,
        settings.backend,
        detection=DetectionOptions(
            detector=settings.detector if settings.detect else None,
            model=settings.detector_model,
            score_threshold=settings.score_threshold,
            min_face=settings.min_face,
            max_yaw=settings.max_yaw,
            min_sharpness=settings.min_sharpness,
        ),
        tracking=TrackingOptions(smoothing=settings.smoothing, detect_every=every)
        if settings.tracking
        else None,
        abstain_below=settings.abstain_below,
        max_pixels=settings.max_pixels,
    )


def weights_of(card: Mapping[str, Any]) -> str | None:
    """Return the hash of a model's weights; None where its card has none."""
    return card.get("hashes", {}).get("weights") or card.get("weights_hash")


def face_likeness() -> "FaceLikeness":
    """Load what compares faces, which only those wait for who ask for persons."""
    from asdcfer.recognition.face_likeness import FaceLikeness

    return FaceLikeness()


def predict_on_workers(
    work: "PredictionWork", inputs: Sequence[Input], journal: RowTaker, progress: FileProgress
) -> Summary:
    """Recognize files in order, as `predict_files` does; workers of the settings' engine do it.

    Raises:
        AsdcferError: as `ray_results`.
    """
    left = [item for item in inputs if item.key not in journal.finished]
    whole = Summary(resumed=len(inputs) - len(left))
    # As they are called here: links of another machine may lead elsewhere.
    keys = {str(item.path): item.key for item in left}
    gpus = 1 if work.settings.device == "cuda" else 0
    plain = ([_as_plain(item) for item in piece] for piece in pieces(left))
    for answer in ray_results(work, plain, work.settings.engine, gpus):
        calls, summary = json.loads(answer)
        frames = 0
        for verb, *values in calls:
            if verb == "finish":
                name, video = values
                journal.finish(name, keys[name], video)
                progress(name, 1.0, frames)
                frames = 0
            else:
                getattr(journal, verb)(*values)
                frames += verb == "add"
        for name, value in summary.items():
            setattr(whole, name, getattr(whole, name) + value)
    return whole


class PredictionWork:
    """What a worker is sent: the settings. It loads the model when it is called.

    Args:
        settings: of the run.
        batch: of the run.
        weights: hash that the model has; None where it is not known.
    """

    def __init__(self, settings: PredictSettings, batch: Settings, weights: str | None) -> None:
        self.settings, self.weights = settings, weights
        self.batch, self.people = replace(batch, tracks=None), batch.tracks is not None
        self.folder = Path.cwd()

    def __call__(self) -> Callable[[Sequence[Any]], bytes]:
        """Return what turns files into calls of a journal and a summary.

        Raises:
            AsdcferError: this machine lacks the folder of the command, or has another model of
                that name.
        """
        try:
            # Rows name the files as they were named to the command.
            os.chdir(self.folder)
        except OSError as error:
            raise AsdcferError(
                f"a worker cannot open {self.folder}, where the command runs: {error.strerror}"
            ) from error
        recognizer = recognizer_of(self.settings, self.batch.blur)
        if weights_of(recognizer.card) != self.weights:
            raise AsdcferError(f"a worker has other weights under the name {self.settings.model}")
        tracks = TrackFeatures(face_likeness()) if self.people else None
        batch = replace(self.batch, tracks=tracks)

        def work(piece: Sequence[Any]) -> bytes:
            rows = _Rows()
            files = [_from_plain(values) for values in piece]
            summary = predict_files(recognizer, files, rows, batch, lambda *_: None)
            return json.dumps([rows.calls, asdict(summary)]).encode()

        return work


class _Rows:
    """Keeps the calls of a journal as plain values."""

    finished: Collection[str] = ()

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Take rows."""
        self.calls.append(["add", list(rows)])

    def add_tracks(self, tracks: Sequence[dict[str, Any]]) -> None:
        """Take tracks."""
        self.calls.append(["add_tracks", list(tracks)])

    def finish(self, file: str, key: str | None = None, video: bool = False) -> None:
        """Take that a file is finished."""
        self.calls.append(["finish", file, video])


def _as_plain(item: Input) -> list[str]:
    return [str(item.path), item.kind, str(item.name), item.fault]


def _from_plain(values: Sequence[Any]) -> Input:
    path, kind, name, fault = values
    return Input(Path(path), kind, Path(name), fault)
