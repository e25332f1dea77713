"""Face: the answer for one face in one picture."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from asdcfer.recognition.face_quality import NOT_MEASURED, FaceQuality

UNCERTAIN = "uncertain"
"""The expression of a face that the recognizer declines to name."""

STATUS_OK = "ok"
STATUS_UNCERTAIN = "uncertain"
STATUS_TOO_SMALL = "too small"
STATUS_TURNED_AWAY = "turned away"
STATUS_BLURRED = "blurred"
UNREADABLE = (STATUS_TOO_SMALL, STATUS_TURNED_AWAY, STATUS_BLURRED)
"""Statuses that a face has whatever its scores are."""


@dataclass(frozen=True, eq=False)
class Face:
    """One face with its expression.

    Attributes:
        box: x, y, width, height in pixels of the original picture (after its EXIF rotation),
            clipped to the picture.
        landmarks: float32 (5,2) x and y in pixels: right eye, left eye, nose, right and left mouth
            corner (the person's right, so the picture's left); None without detection.
        scores: expression -> calibrated probability; they sum to 1.
        expression: the name with the largest score, or "uncertain".
        confidence: the largest score, 0..1.
        id: number of the face: its rank by size in a photo (0 is the largest), its track in a video
            (the same while it is followed).
        status: "ok"; "uncertain" (confidence under `abstain_below`); "too small" (shorter side
            under `min_face` pixels), "turned away" (beyond `max_yaw`) or "blurred" (under
            `min_sharpness`): scores not to be trusted.
        quality: score of the detector, yaw, pitch, roll, sharpness and distance of the eyes.
        corners: float32 (4,2), the corners of the aligned crop in the picture: top left, top right,
            bottom right, bottom left.
        attention: float32 (h,w) in 0..1 over the aligned crop, 1 where the answer came from most;
            None unless asked for.

    Example:
        >>> face = Face((0, 0, 40, 50), None, {"happy": 0.9, "sad": 0.1}, "happy", 0.9)
        >>> face.as_dict()["scores"]["happy"]
        0.9
    """

    box: tuple[float, float, float, float]
    landmarks: np.ndarray | None
    scores: dict[str, float]
    expression: str
    confidence: float
    id: int = 0
    status: str = STATUS_OK
    quality: FaceQuality = NOT_MEASURED
    corners: np.ndarray | None = None
    attention: np.ndarray | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; the attention map is left out."""
        return {
            "id": self.id,
            "box": [round(float(value), 2) for value in self.box],
            "landmarks": None
            if self.landmarks is None
            else np.round(self.landmarks.astype(float), 2).tolist(),
            "scores": {name: round(float(score), 6) for name, score in self.scores.items()},
            "expression": self.expression,
            "confidence": round(float(self.confidence), 6),
            "status": self.status,
            **self.quality.as_dict(),
        }
