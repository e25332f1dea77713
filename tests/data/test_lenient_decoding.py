"""Lenient decoding: Pillow's guard and everybody's warnings are as they were afterwards."""

import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.image_io import read_image
from asdcfer.data.lenient_decoding import LENIENT, lenient_of_metadata
from asdcfer.errors import InputError
from tests.data.trees import save


def test_more_pixels_than_pillow_opens_can_be_allowed(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    monkeypatch.setattr("asdcfer.data.lenient_decoding.PILLOWS_LIMIT", 2000)
    file = io.BytesIO()
    Image.fromarray(np.zeros((40, 60, 3), np.uint8)).save(file, "PNG")
    data = file.getvalue()
    assert read_image(data, max_pixels=2400).shape == (40, 60, 3)
    assert Image.MAX_IMAGE_PIXELS == 1000, "Pillow's own guard is back"
    with pytest.raises(InputError, match=r"60 x 40 pixels are more than the 2,399 .*`max_pixels`"):
        read_image(data, max_pixels=2399)
    with pytest.raises(InputError, match=r"more pixels than the 1,999 allowed"):
        read_image(data, max_pixels=1999)


@pytest.mark.slow
def test_decoding_in_threads_leaves_the_filters_of_warnings_as_they_were(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", 0, (200, 200, 3))
    before = list(warnings.filters)
    for _ in range(5):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(read_image, [path] * 60))
    assert warnings.filters == before


def test_warnings_are_heard_again_after_the_last_of_several_decodings() -> None:
    def warned() -> int:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            with LENIENT.of(1000), LENIENT.of(1000):
                warnings.warn("odd metadata", stacklevel=1)
            warnings.warn("after it", stacklevel=1)
        return len(heard)

    assert warned() == 1


def test_damaged_metadata_is_passed_over_and_a_full_memory_is_not() -> None:
    with lenient_of_metadata():
        raise SyntaxError("not a TIFF file")
    with pytest.raises(MemoryError), lenient_of_metadata():
        raise MemoryError
