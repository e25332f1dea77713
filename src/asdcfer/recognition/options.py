"""Options of recognition: how faces are found, and how they are followed through a video."""

import os
from dataclasses import dataclass

from asdcfer.errors import InputError
from asdcfer.recognition.alignment import MIN_FACE
from asdcfer.recognition.detection import Detector
from asdcfer.recognition.detector import LONG_SIDE_PHOTO, LONG_SIDE_VIDEO, make_detector


@dataclass(frozen=True, kw_only=True)
class DetectionOptions:
    """How faces are found.

    Args:
        detector: a name of `detector.DETECTORS`, or your own callable.
        model: file of the YuNet network, instead of the one in the package.
        score_threshold: weakest detection to keep, 0..1.
        min_face: smaller faces are given as "uncertain", with the status "too small", pixels.

    Example:
        >>> DetectionOptions(min_face=40).detector
        'yunet'
    """

    detector: str | Detector = "yunet"
    model: str | os.PathLike[str] | None = None
    score_threshold: float = 0.8
    min_face: float = MIN_FACE

    def for_photos(self) -> Detector:
        """Return the detector of photos.

        Raises:
            InputError: an unknown name, a missing package, or a file that is not YuNet.
        """
        return make_detector(self.detector, LONG_SIDE_PHOTO, self.score_threshold, self.model)

    def for_videos(self) -> Detector:
        """Return the detector of video frames, on which faces are larger.

        Raises:
            InputError: as `for_photos`.
        """
        return make_detector(self.detector, LONG_SIDE_VIDEO, self.score_threshold, self.model)


@dataclass(frozen=True, kw_only=True)
class TrackingOptions:
    """How faces are followed from frame to frame, so that `Face.id` stays with a person.

    Args:
        smoothing: time constant of the average over the scores of a face, seconds; 0 gives each
            frame its own scores.

    Raises:
        InputError: a negative time.
    """

    smoothing: float = 0.3

    def __post_init__(self) -> None:
        if self.smoothing < 0:
            raise InputError("smoothing must be at least 0 seconds")


DETECTION = DetectionOptions()
"""What a recognizer does unless it is told otherwise."""
TRACKING = TrackingOptions()
"""What a recognizer does unless it is told otherwise."""
