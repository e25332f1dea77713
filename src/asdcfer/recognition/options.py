"""Options of recognition: how faces are found, and how they are followed through a video."""

import os
from dataclasses import dataclass

from asdcfer.errors import InputError
from asdcfer.recognition.alignment import MIN_FACE
from asdcfer.recognition.detection import Detector
from asdcfer.recognition.detector import LONG_SIDE_PHOTO, LONG_SIDE_VIDEO, make_detector
from asdcfer.recognition.sharpness import BLURRED


@dataclass(frozen=True, kw_only=True)
class DetectionOptions:
    """How faces are found.

    Args:
        detector: a name of `detector.DETECTORS`, or your own callable; None treats each picture as
            one face already cropped.
        model: file of the YuNet network, instead of the one in the package.
        score_threshold: weakest detection to keep, 0..1.
        min_face: smaller faces are given as "uncertain", with the status "too small", pixels.
        max_yaw: faces turned further to a side are given as "uncertain", with the status "turned
            away", degrees; None names them: no angle was found at which the default model fails.
        min_sharpness: faces with less are given as "uncertain", with the status "blurred"; None
            names them. See `sharpness` for the measure, and for where the default comes from.

    Example:
        >>> DetectionOptions(min_face=40).detector
        'yunet'
    """

    detector: str | Detector | None = "yunet"
    model: str | os.PathLike[str] | None = None
    score_threshold: float = 0.8
    min_face: float = MIN_FACE
    max_yaw: float | None = None
    min_sharpness: float | None = BLURRED

    def for_photos(self) -> Detector | None:
        """Return the detector of photos, None for faces that are cropped already.

        Raises:
            InputError: an unknown name, a missing package, or a file that is not YuNet.
        """
        return self._made(LONG_SIDE_PHOTO)

    def for_videos(self) -> Detector | None:
        """Return the detector of video frames, on which faces are larger.

        Raises:
            InputError: as `for_photos`.
        """
        return self._made(LONG_SIDE_VIDEO)

    def _made(self, long_side: int) -> Detector | None:
        if self.detector is None:
            return None
        return make_detector(self.detector, long_side, self.score_threshold, self.model)


@dataclass(frozen=True, kw_only=True)
class TrackingOptions:
    """How faces are followed from frame to frame, so that `Face.id` stays with a person.

    Args:
        smoothing: time constant of the average over the scores of a face, seconds; 0 gives each
            frame its own scores.
        detect_every: whole frames are searched for faces every so many frames, and in between only
            the surroundings of the faces that are known, so that a new face may come so many frames
            late; 1 searches every frame. None searches where something changed, and every 0.4 s.

    Raises:
        InputError: a negative time, or no frame at all.
    """

    smoothing: float = 0.3
    detect_every: int | None = None

    def __post_init__(self) -> None:
        if self.detect_every is not None and self.detect_every < 1:
            raise InputError(f"`detect_every` must be at least 1, not {self.detect_every}")
        if self.smoothing < 0:
            raise InputError("smoothing must be at least 0 seconds")


DETECTION = DetectionOptions()
"""What a recognizer does unless it is told otherwise."""
CROPPED = DetectionOptions(detector=None)
"""Each picture is one face already cropped."""
TRACKING = TrackingOptions()
"""What a recognizer does unless it is told otherwise."""
