"""Names of videos."""

import pytest

from asdcfer.data.image_formats import IMAGE_SUFFIXES
from asdcfer.data.video_formats import VIDEO_SUFFIXES, is_video_name


@pytest.mark.parametrize("name", ["a.mp4", "B.MOV", "c.d.webm", "x/y.mkv"])
def test_videos_are_known_by_their_suffix(name):
    assert is_video_name(name)


@pytest.mark.parametrize("name", ["a.jpg", "mp4", "a.mp4.txt", ""])
def test_other_files_are_none(name):
    assert not is_video_name(name)


def test_no_suffix_is_of_both_a_picture_and_a_video():
    assert not VIDEO_SUFFIXES & IMAGE_SUFFIXES
