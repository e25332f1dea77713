"""Policy by which a face gets its expression and status from its scores."""

from dataclasses import dataclass, replace

import numpy as np

from asdcfer.errors import InputError
from asdcfer.recognition import alignment
from asdcfer.recognition.detection import Detection
from asdcfer.recognition.face import (
    STATUS_BLURRED,
    STATUS_OK,
    STATUS_TOO_SMALL,
    STATUS_TURNED_AWAY,
    STATUS_UNCERTAIN,
    UNCERTAIN,
    UNREADABLE,
    Face,
)
from asdcfer.recognition.face_quality import FaceQuality


@dataclass(frozen=True, kw_only=True)
class NamingPolicy:
    """When a face is named, and when it is called uncertain.

    Args:
        expressions: names of the scores, in order.
        min_face: a face with a shorter side, in pixels, is "uncertain" with the status "too small".
        abstain_below: a face with less confidence is "uncertain", 0..1; None names every face.
        max_yaw: a face that is turned further to either side, degrees, is "uncertain" with the
            status "turned away"; None names it. One without landmarks is never that.
        min_sharpness: a face with less sharpness is "uncertain" with the status "blurred".

    Raises:
        InputError: `abstain_below` is no probability, `max_yaw` no angle in 0 to 90, or
            `min_sharpness` less than 0.

    Example:
        >>> policy = NamingPolicy(expressions=("happy", "sad"), abstain_below=0.7)
        >>> face = Face((0, 0, 40, 40), None, {}, "", 0.0)
        >>> [policy.named(face, np.array([p, 1 - p]), 0).expression for p in (0.8, 0.6)]
        ['happy', 'uncertain']
    """

    expressions: tuple[str, ...]
    min_face: float = 0.0
    abstain_below: float | None = None
    max_yaw: float | None = None
    min_sharpness: float | None = None

    def __post_init__(self) -> None:
        if self.abstain_below is not None and not 0 <= self.abstain_below <= 1:
            raise InputError(f"abstain_below is a probability in 0 to 1, not {self.abstain_below}")
        if self.max_yaw is not None and not 0 <= self.max_yaw <= 90:
            raise InputError(f"max_yaw is an angle in 0 to 90 degrees, not {self.max_yaw}")
        if self.min_sharpness is not None and not self.min_sharpness >= 0:
            raise InputError(f"min_sharpness is at least 0, not {self.min_sharpness}")

    def face(
        self,
        number: int,
        detection: Detection,
        transform: np.ndarray,
        shape: tuple[int, ...],
        scores: np.ndarray,
        attention: np.ndarray | None,
        quality: FaceQuality,
    ) -> Face:
        """Return a detected face with its scores, name and status.

        Args:
            number: of the face.
            detection: where it is, in pixels of the picture.
            transform: (2,3) from pixels to the unit square of the crop.
            shape: of the picture.
            scores: float (expressions,), calibrated probabilities.
            attention: float32 (h,w) over the crop, or None.
            quality: as it was measured.
        """
        x, y, width, height = detection.box
        left, top = min(max(x, 0.0), float(shape[1])), min(max(y, 0.0), float(shape[0]))
        box = (
            left,
            top,
            min(max(x + width, left), float(shape[1])) - left,
            min(max(y + height, top), float(shape[0])) - top,
        )
        face = Face(
            box=box,
            landmarks=detection.landmarks,
            scores={},
            expression=UNCERTAIN,
            confidence=0.0,
            # The size that counts is the detector's own: a large face at the rim is not small.
            status=self.readability(min(width, height), quality),
            quality=quality,
            corners=alignment.corners(transform),
            attention=attention,
        )
        return self.named(face, scores, number)

    def named(self, face: Face, scores: np.ndarray, number: int) -> Face:
        """Give a face its scores and number, and the name and status that follow from them."""
        confidence = float(scores.max())
        expression, status = self.expressions[int(scores.argmax())], face.status
        if status in UNREADABLE:
            expression = UNCERTAIN
        elif self.abstain_below is not None and confidence < self.abstain_below:
            expression, status = UNCERTAIN, STATUS_UNCERTAIN
        else:
            status = STATUS_OK
        named = dict(zip(self.expressions, (float(score) for score in scores), strict=True))
        return replace(
            face,
            id=number,
            scores=named,
            expression=expression,
            confidence=confidence,
            status=status,
        )

    def readability(self, side: float, quality: FaceQuality) -> str:
        """Return the status that a face has before its scores are looked at.

        Args:
            side: the shorter one of its box, pixels.
            quality: as it was measured.
        """
        if side < self.min_face:
            return STATUS_TOO_SMALL
        if self.max_yaw is not None and abs(quality.yaw or 0.0) > self.max_yaw:
            return STATUS_TURNED_AWAY
        sharp = quality.sharpness
        if self.min_sharpness is not None and sharp is not None and sharp < self.min_sharpness:
            return STATUS_BLURRED
        return STATUS_OK
