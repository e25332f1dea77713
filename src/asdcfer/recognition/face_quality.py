"""Face quality: how well a face can be read, apart from what it shows."""

import math
from dataclasses import dataclass

import numpy as np

from asdcfer.recognition import alignment
from asdcfer.recognition.detection import Detection
from asdcfer.recognition.head_pose import head_pose
from asdcfer.recognition.sharpness import SIDE, sharpness


@dataclass(frozen=True)
class FaceQuality:
    """What can be measured about the picture of a face.

    Attributes:
        detection_score: the detector's own, 0..1; None where it gives none, or there is none.
        yaw: degrees to the right of the picture, see `head_pose`; None without landmarks, as are
            pitch, roll and interocular.
        pitch: degrees up.
        roll: degrees clockwise.
        sharpness: at one size of face, see `sharpness`.
        interocular: distance of the eyes, pixels of the picture as it is shown.

    Example:
        >>> FaceQuality(yaw=12.3456, sharpness=0.45).as_dict()["yaw"]
        12.35
    """

    detection_score: float | None = None
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    sharpness: float | None = None
    interocular: float | None = None

    def as_dict(self) -> dict[str, float | None]:
        """Return the measures by name, each as `value_of` gives it."""
        return {name: self.value_of(name) for name in MEASURES}

    def value_of(self, name: str) -> float | None:
        """Return a measure as tables hold it: scores to 4 digits, angles and pixels to 2.

        Args:
            name: of `MEASURES`.
        """
        value = getattr(self, name)
        return None if value is None else round(float(value), _DIGITS.get(name, 2))


_DIGITS = {"detection_score": 4, "sharpness": 4}
NOT_MEASURED = FaceQuality()
"""Nothing is known."""
MEASURES = {
    "detection_score": "the detector's own score, 0 to 1",
    "yaw": "the head turns to the right of the picture, degrees",
    "pitch": "it looks up, degrees",
    "roll": "it is tilted clockwise, degrees",
    "sharpness": "at one size of face: 0.3 to 0.65 in most, under 0.2 where blurred",
    "interocular": "distance of the eyes, pixels",
}
"""Measure -> its meaning, in the order of a table."""


def face_quality(
    image: np.ndarray, detection: Detection, transform: np.ndarray, crop: np.ndarray
) -> FaceQuality:
    """Measure a detected face.

    Args:
        image: uint8 (H,W) or (H,W,3).
        detection: where the face is.
        transform: (2,3) from pixels to the unit square of the crop.
        crop: uint8 (S,S) or (S,S,3), its aligned crop; measured as it is where S is 48.
    """
    if crop.shape[0] != SIDE:
        crop = alignment.aligned(image, transform, SIDE)
    score = None if math.isnan(detection.score) else detection.score
    sharp, points = sharpness(crop), detection.landmarks
    if points is None:
        return FaceQuality(score, sharpness=sharp)
    yaw, pitch, roll = head_pose(points) or (None, None, None)
    apart = float(np.linalg.norm(np.asarray(points[1], float) - points[0]))
    return FaceQuality(score, yaw, pitch, roll, sharp, apart)
