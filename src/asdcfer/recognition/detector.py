"""Face detectors by name: YuNet through OpenCV, and one without any network.

Source: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence
    Research 20, 2023.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from asdcfer.data.eight_bits import to_gray
from asdcfer.errors import InputError, WeightsError
from asdcfer.extras import require
from asdcfer.files import sha256
from asdcfer.recognition.detection import Detection, Detector, reduced
from asdcfer.recognition.face_search import search
from asdcfer.recognition.low_light import brightened
from asdcfer.recognition.near_search import find_near
from asdcfer.recognition.onnx_graph import check_graph
from asdcfer.recognition.yunet_networks import LEAST_SIDE, YuNetNetworks

YUNET_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
YUNET_FILE = "face_detection_yunet_2023mar.onnx"
_FOLDER = Path(__file__).with_name("yunet")
LONG_SIDE_PHOTO = 1024
"""Photos are shrunk to this long side for detection, pixels: faces from about 24 pixels of a 2.5
megapixel photo are still found.
"""
MOST_SHRUNK = 3.0
"""Photos that are shrunk by more than this are looked at once more, shrunk by no more: so in one of
24 megapixels, 6,000 pixels wide, faces of 100 pixels are found. Reading it takes longer than that.
"""
FINE = 64
"""Only faces up to this side, pixels of that second look, come from it; larger ones are seen better
in the first.
"""
LONG_SIDE_VIDEO = 640
"""Video frames are shrunk to this long side for detection, pixels: a third of the time, and faces
on video are larger.
"""


def yunet_path(model: str | os.PathLike[str] | None = None) -> Path:
    """Return the YuNet file of this package, once its hash is checked, or a file of your own.

    Args:
        model: a file of your own instead; used as it is, its hash is not checked.

    Raises:
        InputError: the file is missing, or is not the one this package was tested with.
    """
    if model is not None:
        path = Path(model)
        if not path.is_file():
            raise InputError(
                f"no detector model at {path}; leave `detector_model` away to use the one in this "
                "package"
            )
        try:
            check_graph(path)
        except WeightsError as error:
            raise InputError(
                f"OpenCV cannot use {path.name} as a YuNet detector: {error}"
            ) from error
        return path
    path = _FOLDER / YUNET_FILE
    if not path.is_file():
        raise InputError(
            f"the face detector's file {path} is missing; install asdcfer again, name a copy with "
            "`detector_model`, or use `detect=False`"
        )
    if sha256(path) != YUNET_SHA256:
        raise InputError(
            f"{path} is not the face detector that belongs to this package; install asdcfer again"
        )
    return path


class YuNet:
    """YuNet through `cv2.FaceDetectorYN`.

    Args:
        model: ONNX file; None takes the one in this package.
        score_threshold: faces scored lower are dropped, 0..1.
        long_side: pictures are shrunk to this long side first, pixels (640 to 1024 is sensible).
        nms_threshold: of two boxes that overlap more than this (IoU) the weaker one is dropped.
        most_shrunk: pictures that are shrunk by more are looked at once more for small faces; None
            leaves that away.

    Raises:
        InputError: the file is missing, foreign or cannot be read by OpenCV.

    Example:
        >>> YuNet()(np.zeros((80, 80, 3), np.uint8))
        []
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        score_threshold: float = 0.8,
        long_side: int = LONG_SIDE_PHOTO,
        nms_threshold: float = 0.3,
        most_shrunk: float | None = MOST_SHRUNK,
    ) -> None:
        if not 0 <= score_threshold <= 1:
            raise InputError(f"the score threshold must lie in 0 to 1, not {score_threshold}")
        path = yunet_path(model)
        self.long_side, self.most_shrunk = long_side, most_shrunk
        self._networks = YuNetNetworks(path, score_threshold, nms_threshold)

    def __call__(self, image: np.ndarray) -> list[Detection]:
        """Return the faces of an RGB (H,W,3) or gray (H,W) uint8 picture, in its pixels.

        Close-ups and faces that lie on their side are among them, see `face_search`.
        """
        faces = search(self._find, image, self.long_side)
        fine = round(max(image.shape[:2]) / (self.most_shrunk or np.inf))
        if fine > self.long_side:
            large, factor = reduced(image, fine)
            small = [face for face in self._find(large) if max(face.box[2:]) <= FINE]
            for face in (face.enlarged(factor) for face in small):
                if not any(face.is_same(other) for other in faces):
                    faces.append(face)
        return faces

    def near(self, image: np.ndarray, faces: Sequence[Detection]) -> list[Detection] | None:
        """Return faces of the frame before where they are now, in a fraction of the time.

        Args:
            image: as in `__call__`.
            faces: of a frame shortly before, of this size.

        Returns:
            Each face, in the same order; None where one is not found again, so that the whole
            picture has to be searched.
        """
        return find_near(self._find, image, faces)

    def _find(self, image: np.ndarray) -> list[Detection]:
        """Return the upright faces of a middle size, by the network itself."""
        code = cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR
        color = cv2.cvtColor(brightened(image), code)
        height, width = color.shape[:2]
        if min(height, width) < LEAST_SIDE:
            color = cv2.copyMakeBorder(
                color,
                0,
                max(0, LEAST_SIDE - height),
                0,
                max(0, LEAST_SIDE - width),
                cv2.BORDER_CONSTANT,
            )
        try:
            found = self._networks.detect(color)
        except cv2.error as error:
            raise InputError(
                f"the detector model does not answer as YuNet does; it wants {YUNET_FILE}"
            ) from error
        if found is None:
            return []
        rows: np.ndarray = found[np.isfinite(found).all(axis=1)].astype(np.float64)
        centers = rows[:, :2] + rows[:, 2:4] / 2
        rows = rows[
            (rows[:, 2:4] > 0).all(axis=1)
            & (centers >= 0).all(axis=1)
            & (centers < (width, height)).all(axis=1)
        ]
        return [
            Detection(
                box=(float(row[0]), float(row[1]), float(row[2]), float(row[3])),
                landmarks=row[4:14].reshape(5, 2).astype(np.float32),
                score=float(row[14]),
            )
            for row in rows
        ]


DETECTORS = ("yunet", "lbp")
"""Names of the detectors. Both answer with `Detection`; `lbp` gives no landmarks, so that its crops
are upright boxes.
"""


def make_detector(
    detector: str | Detector,
    long_side: int,
    score_threshold: float = 0.8,
    model: str | os.PathLike[str] | None = None,
) -> Detector:
    """Return the detector of a name; a callable of your own is returned as it is.

    Raises:
        InputError: an unknown name, or its package is not installed.
    """
    if callable(detector):
        return detector
    if detector == "yunet":
        # Frames of a video are many, and as large as photos.
        most = None if long_side == LONG_SIDE_VIDEO else MOST_SHRUNK
        return YuNet(model, score_threshold, long_side, most_shrunk=most)
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
    """Frontal faces by a cascade of local binary patterns (scikit-image, extra `lbp`).

    It needs no network, gives no landmarks, and is weaker than YuNet.

    Args:
        long_side: pictures are shrunk to this long side first, pixels.

    Raises:
        MissingPackageError: scikit-image is not installed.

    Source: Liao et al., "Learning multi-scale block local binary patterns for face recognition",
        ICB 2007; the trained cascade of OpenCV as scikit-image carries it.
    """

    def __init__(self, long_side: int = 640) -> None:
        require("skimage", "the detector lbp", "use the detector yunet")
        from skimage.data import lbp_frontal_face_cascade_filename
        from skimage.feature import Cascade

        self.long_side = long_side
        self._cascade = Cascade(
            lbp_frontal_face_cascade_filename()  # type: ignore[no-untyped-call] # skimage has no types
        )

    def __call__(self, image: np.ndarray) -> list[Detection]:
        """Return the faces of an RGB (H,W,3) or gray (H,W) uint8 picture."""
        small, factor = reduced(image, min(self.long_side, 640))
        gray = small if small.ndim == 2 else to_gray(small)
        side = min(gray.shape)
        if side < 30:
            return []
        found = self._cascade.detect_multi_scale(
            gray,
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
