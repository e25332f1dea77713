import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.recognition.detector import LONG_SIDE_PHOTO, LONG_SIDE_VIDEO
from asdcfer.recognition.options import CROPPED, DetectionOptions, TrackingOptions


def test_video_frames_are_searched_at_a_smaller_size():
    options = DetectionOptions()
    assert options.for_photos().long_side == LONG_SIDE_PHOTO
    assert options.for_videos().long_side == LONG_SIDE_VIDEO


def test_a_detector_of_ones_own_serves_photos_and_videos():
    def nobody(image: np.ndarray) -> list:
        return []

    options = DetectionOptions(detector=nobody)
    assert options.for_photos() is options.for_videos() is nobody


def test_wrong_options_are_named():
    with pytest.raises(InputError, match="at least 0 seconds"):
        TrackingOptions(smoothing=-1)
    with pytest.raises(InputError, match="0 to 1"):
        DetectionOptions(score_threshold=2).for_photos()
    with pytest.raises(InputError, match="yunet or lbp"):
        DetectionOptions(detector="haar").for_videos()


def test_faces_that_are_cropped_already_need_no_detector():
    assert CROPPED.for_photos() is CROPPED.for_videos() is None


def test_at_least_every_frame_is_searched():
    assert TrackingOptions(detect_every=1).detect_every == 1
    with pytest.raises(InputError, match="`detect_every` must be at least 1, not 0"):
        TrackingOptions(detect_every=0)
