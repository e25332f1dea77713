"""Options of how faces are taken from videos and photos."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from asdcfer.errors import InputError
from asdcfer.files import sha256
from asdcfer.recognition.alignment import MIN_FACE
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.options import DetectionOptions
from asdcfer.recognition.sharpness import BLURRED

FPS = 2.0
"""Frames a second: an expression lasts about one second, and frames nearer than half of one are
mostly alike.
"""
MAX_YAW = 45.0
"""Degrees from which a face counts as turned away: the further eye begins to go."""
MIN_CHANGE = 0.05
"""Pixel distance under which a face is the one before it once more. On faces of FER-2013 noise and
compression alone come to 0.001 to 0.012, a mouth that opens by a third to 0.04 to 0.1, and a turn
of 4 degrees to 0.08 to 0.15: a face that moves is kept, one that stands still is not.
"""
SplitBy = Literal["people", "video", "folder", "none"]
SPLIT_BY: tuple[SplitBy, ...] = ("people", "video", "folder", "none")


@dataclass(frozen=True, kw_only=True)
class RecordingOptions:
    """Which faces of videos and photos are taken.

    Attributes:
        fps: frames a second of a video.
        detector_model: another YuNet file.
        score_threshold: weakest detection to keep, 0..1.
        min_face: smaller faces are left out, pixels.
        max_yaw: faces turned further to a side are left out, degrees.
        min_sharpness: faces with less sharpness are left out; 0 keeps all.
        min_change: faces of a track that differ less from the last one kept are left out, as a
            `data.perceptual_hash.pixel_distance`, 0..2; 0 keeps all.
        split_by: what is never divided between splits: "people" (videos in which a face looks alike
            stay together), "video", "folder" (all of one folder stay together), or "none" for one
            split.

    Raises:
        InputError: a value out of range.

    Example:
        >>> RecordingOptions(fps=1).sampling.fps
        1
    """

    fps: float = FPS
    detector_model: str | os.PathLike[str] | None = None
    score_threshold: float = 0.8
    min_face: float = MIN_FACE
    max_yaw: float = MAX_YAW
    min_sharpness: float = BLURRED
    min_change: float = MIN_CHANGE
    split_by: SplitBy = "people"

    def __post_init__(self) -> None:
        if not 0 < self.fps <= 100:
            raise InputError(f"fps {self.fps:g}: expected more than 0, and at most 100 a second")
        if not self.min_face >= 0:
            raise InputError(f"min_face {self.min_face:g}: expected 0 pixels or more")
        if not 0 <= self.min_change <= 2:
            raise InputError(f"min_change {self.min_change:g}: expected 0 to 2")
        if self.split_by not in SPLIT_BY:
            raise InputError(f"split_by {self.split_by!r}: expected {', '.join(SPLIT_BY)}")

    @property
    def sampling(self) -> FrameSampling:
        """Which frames of a video are looked at."""
        return FrameSampling(fps=self.fps)

    @property
    def detection(self) -> DetectionOptions:
        """How faces are found."""
        return DetectionOptions(model=self.detector_model, score_threshold=self.score_threshold)

    def as_facts(self) -> dict[str, Any]:
        """Return them as plain values, a file by its hash."""
        # 2 and 2.0 are the same setting.
        facts: dict[str, Any] = {
            name: float(value) if isinstance(value, int | float) else value
            for name, value in asdict(self).items()
        }
        model = facts.pop("detector_model")
        return facts | {"detector": "YuNet" if model is None else sha256(Path(model))}
