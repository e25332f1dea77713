"""Faces of a video found, followed and measured, without a model that names them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from asdcfer.recognition import alignment
from asdcfer.recognition.detection import Detection, Detector
from asdcfer.recognition.face import STATUS_OK, Face
from asdcfer.recognition.face_quality import NOT_MEASURED, face_quality
from asdcfer.recognition.naming_policy import NamingPolicy
from asdcfer.recognition.rolling_detection import RollingDetector
from asdcfer.recognition.scene_cuts import SceneCuts
from asdcfer.recognition.sharpness import SIDE
from asdcfer.recognition.tracking import FaceTracker
from asdcfer.recognition.video import Frame

LOST_AFTER = 1.25
"""Seconds for which an unseen face keeps its number: of two frames a second it may miss one."""
FACE = "face"
"""The one score of a face that nobody names: that it is one."""


def readable_faces(
    min_face: float = 0.0, max_yaw: float | None = None, min_sharpness: float | None = None
) -> NamingPolicy:
    """Return the policy by which faces are "ok", "too small", "turned away" or "blurred".

    Args:
        min_face: least shorter side, pixels.
        max_yaw: furthest turn to a side, degrees; None allows any.
        min_sharpness: least sharpness; None allows any.

    Raises:
        InputError: a value out of range.
    """
    return NamingPolicy(
        expressions=(FACE,), min_face=min_face, max_yaw=max_yaw, min_sharpness=min_sharpness
    )


def found_faces(
    image: np.ndarray, detections: Iterable[Detection], policy: NamingPolicy
) -> list[Face]:
    """Return the faces of a picture, measured and not named, the largest first.

    Args:
        image: uint8 (H,W,3) or (H,W).
        detections: of a detector.
        policy: of `readable_faces`, which gives their status.
    """
    faces = []
    for number, detection in enumerate(alignment.largest_first(list(detections))):
        transform = alignment.face_transform(detection.landmarks, detection.box)
        crop = alignment.aligned(image, transform, SIDE)
        quality = face_quality(image, detection, transform, crop)
        faces.append(
            policy.face(number, detection, transform, image.shape, np.ones(1), None, quality)
        )
    return faces


def refusal(
    policy: NamingPolicy, left_out: Counter[str]
) -> Callable[[np.ndarray, Detection, np.ndarray], bool]:
    """Return what `alignment.face_crops` asks whether a face is left out, and why is counted.

    Args:
        policy: of `readable_faces`.
        left_out: gets the reasons.
    """
    measures = policy.max_yaw is not None or policy.min_sharpness is not None

    def refuse(image: np.ndarray, detection: Detection, transform: np.ndarray) -> bool:
        quality = NOT_MEASURED
        if measures:
            crop = alignment.aligned(image, transform, SIDE)
            quality = face_quality(image, detection, transform, crop)
        status = policy.readability(min(detection.box[2:]), quality)
        if status != STATUS_OK:
            left_out[status] += 1
        return status != STATUS_OK

    return refuse


def tracked_faces(
    frames: Iterable[Frame], detector: Detector, policy: NamingPolicy
) -> Iterator[Frame]:
    """Yield frames with their faces, numbered by their track; one frame at a time is held.

    A new scene, or a new size of the frames, begins new tracks.

    Args:
        frames: of one video, in order.
        detector: of video frames.
        policy: of `readable_faces`.

    Example:
        >>> black = [Frame(n, n / 2, np.zeros((80, 80, 3), np.uint8)) for n in range(3)]
        >>> [frame.faces for frame in tracked_faces(black, lambda image: [], readable_faces())]
        [[], [], []]
    """
    find, tracker, is_cut = RollingDetector(detector), FaceTracker(0.0, LOST_AFTER), SceneCuts()
    size: tuple[int, ...] | None = None
    for frame in frames:
        cut = is_cut(frame.image)
        if cut or frame.image.shape != size:
            tracker.forget()
            size = frame.image.shape
        faces = found_faces(frame.image, find(frame.image, frame.time), policy)
        tracked = tracker.update(faces, frame.time)
        yield replace(frame, faces=[replace(face, id=number) for face, number, _ in tracked])
