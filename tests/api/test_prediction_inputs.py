"""What `predict` takes: names of files, or a camera; pixels go to a Recognizer."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.api.prediction_inputs import Camera, words_of
from asdcfer.errors import InputError


def test_paths_of_every_kind_are_words() -> None:
    assert words_of(Path("a/b.png")) == ["a/b.png"]
    assert words_of(["*.jpg", Path("films")]) == ["*.jpg", "films"]
    assert words_of(("one", b"two")[:1]) == ["one"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "nothing to recognize"),
        (np.zeros((8, 8, 3), np.uint8), "for pixels call a Recognizer"),
        ([3], "a int is no path of one"),
    ],
)
def test_what_is_no_path_is_told(given, said) -> None:
    with pytest.raises(InputError, match=said):
        words_of(given)


def test_a_camera_is_called_by_its_number_or_address_without_the_password() -> None:
    assert Camera().name == "webcam:0"
    assert Camera("rtsp://me:secret@10.0.0.7/live").name == "rtsp://10.0.0.7/live"
