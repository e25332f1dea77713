"""What `predict` is told: how faces are found and named, and which files it writes."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from asdcfer.engines.engine import Engine

if TYPE_CHECKING:
    from asdcfer.recognition.frame_sampling import FrameSampling


@dataclass(frozen=True)
class PredictSettings:
    """How faces are found and named; see `predict.recognizer.Recognizer`.

    Attributes:
        model: a name of `asdcfer models`, a safetensors or ONNX file, the folder of a run, or an
            `ExpressionModel`.
        device: "auto", "cpu" or "cuda"; "openvino" or "coreml" for models that have an ONNX file.
        backend: "auto", "torch" or "onnx".
        detect: find and align faces; False takes each picture as one face already cropped.
        detector: "yunet" or "lbp".
        detector_model: another YuNet file.
        score_threshold: weakest detection to keep, 0..1.
        min_face: smaller faces (pixels) are named "uncertain".
        abstain_below: answers with less confidence are named "uncertain"; None names every face.
        max_yaw: faces turned further to a side, degrees, are named "uncertain"; None names them.
        min_sharpness: faces with less sharpness are named "uncertain"; None names them.
        every: recognize every nth frame of a video.
        fps: recognize so many frames a second of a video, in place of `every`.
        start: seconds at which the recognized part of a video begins.
        end: seconds at which it ends; None is its end.
        tracking: video: follow faces, so that a face's number stays with a person.
        smoothing: video: seconds over which a face's scores are averaged; 0 is off.
        detect_every: video: search whole frames for faces every so many frames, and in between near
            the faces that are known; None decides by what changes, 1 searches every frame.
        max_pixels: larger photos and video frames are refused, unread.
        engine: where files are recognized: in this process, or by workers; see `Engine`.
    """

    model: Any = "default"
    device: str = "auto"
    backend: Literal["auto", "torch", "onnx"] = "auto"
    detect: bool = True
    detector: str = "yunet"
    detector_model: str | os.PathLike[str] | None = None
    score_threshold: float = 0.8
    min_face: float = 24
    abstain_below: float | None = None
    max_yaw: float | None = None
    min_sharpness: float | None = 0.2
    every: int = 1
    fps: float | None = None
    start: float = 0.0
    end: float | None = None
    tracking: bool = True
    smoothing: float = 0.3
    detect_every: int | None = None
    max_pixels: int = 80_000_000
    engine: Engine = field(default_factory=Engine)

    @property
    def sampling(self) -> "FrameSampling":
        """Which frames of a video are recognized.

        Raises:
            InputError: values that take no frame.
        """
        from asdcfer.recognition.frame_sampling import FrameSampling

        return FrameSampling(self.every, self.fps, self.start, self.end)


@dataclass(frozen=True)
class PredictOutputs:
    """Files that `predict` writes.

    Attributes:
        table: .csv, .tsv, .json, .jsonl or .parquet; None keeps the rows in memory.
        annotate: folder for copies with boxes and scores drawn in.
        explain: lay the attention that led to the answer over the copies.
        blur: make the faces in the copies unrecognizable; see `asdcfer predict --help` for what
            cannot be promised.
        sound: copies of videos keep their sound.
        plot: timeline of a video's scores; with several videos, one file each.
        people: names file (.csv): tracks are joined into persons, one row each; names in a file
            that is there are kept.
        resume: go on with an interrupted run of the same table.
        force: replace results that are there; never an input.
        shard: the table becomes a folder of Parquet files of so many rows each; None writes one.
    """

    table: str | os.PathLike[str] | None = None
    annotate: str | os.PathLike[str] | None = None
    explain: bool = False
    plot: str | os.PathLike[str] | None = None
    resume: bool = False
    force: bool = False
    blur: bool = False
    sound: bool = True
    people: str | os.PathLike[str] | None = None
    shard: int | None = None
