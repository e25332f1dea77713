"""Faces of pictures: cut out and aligned, scored in batches, and named by a policy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from asdcfer.recognition import alignment
from asdcfer.recognition.detection import Detection, Detector
from asdcfer.recognition.face import Face
from asdcfer.recognition.face_quality import face_quality
from asdcfer.recognition.naming_policy import NamingPolicy
from asdcfer.recognition.runtime import Runtime

Cut = list[tuple[Detection, np.ndarray, np.ndarray]]
"""The faces of a picture: where each is, its aligned crop, and (2,3) from pixels to the crop."""


@dataclass(frozen=True)
class FaceScorer:
    """From pictures to named faces, however many of them lie in each.

    Attributes:
        runtime: computes the scores.
        policy: names the faces.
        batch_size: faces computed at once.
        load_for_attention: loads the torch weights beside the ONNX file in use; None where there
            are none.
    """

    runtime: Runtime
    policy: NamingPolicy
    batch_size: int
    load_for_attention: Callable[[], Runtime] | None = None

    @property
    def explains(self) -> bool:
        """Whether attention can be had; an ONNX file alone holds no gradients."""
        return self.runtime.explains or self.load_for_attention is not None

    def cut(
        self,
        image: np.ndarray,
        detector: Detector | None,
        size: int | None = None,
    ) -> Cut:
        """Return the faces of a picture, the largest first.

        Args:
            image: uint8 (H,W,3).
            detector: finds them; None takes the whole picture as one face.
            size: side of the crops, pixels; None takes the model's own.
        """
        size = size or self.runtime.size
        if detector is None:
            crop, transform = alignment.whole_image(image, size)
            return [
                (
                    Detection((0.0, 0.0, float(image.shape[1]), float(image.shape[0])), None),
                    crop,
                    transform,
                )
            ]
        detections = alignment.largest_first(detector(image))
        transforms = [alignment.face_transform(d.landmarks, d.box) for d in detections]
        return [
            (d, alignment.aligned(image, t, size), t)
            for d, t in zip(detections, transforms, strict=True)
        ]

    def scored(self, images: list[np.ndarray], found: list[Cut], explain: bool) -> list[list[Face]]:
        """Return the faces of pictures, with scores and names.

        Args:
            images: the pictures, as `cut` took them.
            found: what `cut` found in each.
            explain: also fill `Face.attention`.
        """
        crops = [
            alignment.in_channels(crop, self.runtime.channels)
            for cut in found
            for _, crop, _ in cut
        ]
        if not crops:
            return [[] for _ in images]
        parts = [
            np.stack(crops[start : start + self.batch_size])
            for start in range(0, len(crops), self.batch_size)
        ]
        runtime = self._runtime_for(explain)
        scores = np.concatenate([runtime.probabilities(part) for part in parts])
        maps: list[Any] = [None] * len(crops)
        if explain:
            classes = np.split(
                scores.argmax(1), range(self.batch_size, len(crops), self.batch_size)
            )
            maps = [
                one
                for part, chosen in zip(parts, classes, strict=True)
                for one in runtime.attention(part, chosen)
            ]
        answers = iter(zip(scores, maps, strict=True))
        return [
            [
                self.policy.face(
                    number,
                    detection,
                    transform,
                    image.shape,
                    *next(answers),
                    face_quality(image, detection, transform, crop),
                )
                for number, (detection, crop, transform) in enumerate(cut)
            ]
            for image, cut in zip(images, found, strict=True)
        ]

    def _runtime_for(self, explain: bool) -> Runtime:
        """Return the runtime, or for attention the torch weights beside the ONNX file in use."""
        if explain and not self.runtime.explains and self.load_for_attention is not None:
            return self.load_for_attention()
        return self.runtime
