"""Detectors by name: YuNet, and a second one without any network for where its file is missing or
unwanted.
"""

import os
from collections.abc import Callable

import cv2
import numpy as np

from asdcfer.errors import InputError
from asdcfer.recognition.detector import Detection, YuNet, reduced

DETECTORS = ("yunet", "lbp")
"""Names of the detectors. Both answer with `Detection`; `lbp` gives no landmarks, so that its crops
are upright boxes.
"""


def make_detector(
    detector: str | Callable[[np.ndarray], list[Detection]],
    long_side: int,
    score_threshold: float = 0.8,
    model: str | os.PathLike[str] | None = None,
) -> Callable[[np.ndarray], list[Detection]]:
    """Return the detector of a name; a callable of your own is returned as it is.

    Raises:
        InputError: an unknown name, or its package is not installed.
    """
    if callable(detector):
        return detector
    if detector == "yunet":
        return YuNet(model, score_threshold, long_side)
    if model is not None:
        raise InputError(
            f"a detector model file goes with the detector yunet, not with {detector!r}"
        )
    if detector == "lbp":
        return LbpCascade(long_side)
    raise InputError(
        f"there is no detector {detector!r}; choose {' or '.join(DETECTORS)}, or give a callable"
    )


class LbpCascade:
    """Frontal faces by a cascade of local binary patterns (scikit-image, extra `lbp`): no network,
    no landmarks, weaker than YuNet.

    Args:
        long_side: pictures are shrunk to this long side first, pixels.

    Raises:
        InputError: scikit-image is not installed.

    Source: Liao et al., "Learning multi-scale block local binary patterns for face recognition",
        ICB 2007; the trained cascade of OpenCV as scikit-image carries it.
    """

    def __init__(self, long_side: int = 640) -> None:
        try:
            from skimage.data import lbp_frontal_face_cascade_filename
            from skimage.feature import Cascade
        except ModuleNotFoundError as error:
            raise InputError(
                "the detector lbp needs scikit-image; pip install asdcfer[lbp]"
            ) from error
        self.long_side = long_side
        self._cascade = Cascade(lbp_frontal_face_cascade_filename())

    def __call__(self, image: np.ndarray) -> list[Detection]:
        """Return the faces of an RGB (H,W,3) or grey (H,W) uint8 picture."""
        small, factor = reduced(image, min(self.long_side, 640))
        grey = small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        side = min(grey.shape)
        if side < 30:
            return []
        found = self._cascade.detect_multi_scale(
            grey,
            scale_factor=1.2,
            step_ratio=1,
            min_size=(30, 30),
            max_size=(side, side),
            min_neighbor_number=4,
        )
        return [
            Detection(
                box=(
                    hit["c"] / factor,
                    hit["r"] / factor,
                    hit["width"] / factor,
                    hit["height"] / factor,
                ),
                landmarks=None,
            )
            for hit in found
        ]
