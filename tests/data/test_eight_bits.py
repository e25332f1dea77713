"""Pixels of every mode come out in 8 bits; gray is the same everywhere."""

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from asdcfer.data.eight_bits import to_gray
from asdcfer.data.image_io import read_image
from asdcfer.models.preprocessing import Preprocessing
from tests.data.trees import face


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        buffer, kind, **options
    )
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_gray_keeps_its_high_byte(kind):
    values = (np.arange(256, dtype=np.uint16).reshape(16, 16) * 257).astype(np.uint16)
    image = read_image(encoded(Image.fromarray(values), kind))
    assert np.array_equal(image, np.repeat((values >> 8).astype(np.uint8)[..., None], 3, 2))


@pytest.mark.parametrize(
    ("kind", "order"), [("PNG", "<"), ("TIFF", "<"), ("TIFF", ">"), ("PPM", "<")]
)
def test_a_dark_16_bit_picture_stays_dark(kind, order):
    """None of its values passes 255: as 8-bit ones they would make noise of a black picture."""
    data = encoded(
        Image.fromarray((np.arange(256, dtype=np.uint16).reshape(16, 16)).astype(order + "u2")),
        kind,
    )
    assert (read_image(data) == 0).all()


def test_a_32_bit_picture_of_8_bit_values_is_left_alone():
    values = np.arange(256, dtype=np.int32).reshape(16, 16)
    assert np.array_equal(read_image(encoded(Image.fromarray(values), "TIFF"))[..., 0], values)
    assert np.array_equal(
        read_image(encoded(Image.fromarray(values * 257), "TIFF"))[..., 1], values
    )


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32])
def test_a_large_deep_picture_is_brought_to_8_bits_in_strips(dtype, monkeypatch):
    values = (np.arange(1500 * 2000).reshape(1500, 2000) % 65536).astype(dtype)
    data = encoded(Image.fromarray(values), "TIFF")
    tracemalloc.start()
    try:
        image = read_image(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    expected = values.clip(0, 255) if dtype == np.float32 else values.astype(np.int32) >> 8
    assert (image == expected.astype(np.uint8)[..., None]).all()
    monkeypatch.setattr("asdcfer.data.eight_bits._STRIP", 1 << 16)
    assert (read_image(data) == image).all(), "the strips leave no seams"
    strip, result = 8 * 3 * (1 << 20), 3 * values.size
    assert peak < len(data) + result + strip, f"{peak / values.size:.1f} bytes a pixel"


def test_a_float_picture_with_holes():
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    values[0, 0], values[7, 7] = np.nan, np.inf
    image = read_image(encoded(Image.fromarray(values), "TIFF"))
    assert image[0, 0, 0] == image[7, 7, 0] == 0
    assert image[7, 6, 0] == 250


def test_float_tiff():
    image = read_image(
        encoded(Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)), "TIFF")
    )
    assert image.min() == 0
    assert image.max() == 255
    assert image.shape == (8, 8, 3)


def test_gray_of_a_batch_is_the_preprocessings_gray_rounded():
    images = np.random.default_rng(0).integers(0, 256, (3, 20, 30, 3), np.uint8)
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    exact = Preprocessing(channels=1).in_channels(pixels)[:, 0].numpy()
    found = to_gray(images)
    assert found.dtype == np.uint8
    assert found.shape == images.shape[:3]
    # OpenCV's weights are of 15 bits.
    np.testing.assert_allclose(found, exact, atol=0.51)
    np.testing.assert_array_equal(found[1], to_gray(images[1]))
    np.testing.assert_array_equal(found[:, ::2, ::-1], to_gray(images[:, ::2, ::-1]))
    # What is gray already stays as it is, to the bit.
    plain = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert to_gray(plain).tolist() == [list(range(256))]


def test_cmyk_and_palette_and_gray_become_rgb():
    color = np.full((20, 20, 3), (200, 40, 60), np.uint8)
    for mode, kind, tolerance in (("CMYK", "JPEG", 6), ("P", "PNG", 48), ("RGB", "WEBP", 6)):
        assert (
            np.abs(
                read_image(encoded(Image.fromarray(color).convert(mode), kind)).astype(int) - color
            ).max()
            <= tolerance
        ), mode
    assert read_image(encoded(color[..., 0], "PNG")).shape == (20, 20, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_lie_on_white(mode):
    picture = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    if mode == "P":
        picture = Image.new("P", (8, 8), 0)
        picture.putpalette([0, 0, 0] * 256)
        data = encoded(picture, "PNG", transparency=0)
    else:
        data = encoded(picture.convert(mode), "PNG")
    assert (read_image(data) == 255).all()


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK", "YCbCr"]
)
def test_every_mode_becomes_eight_bits(tmp_path: Path, mode: str) -> None:
    gray = face(3)
    if mode == "I;16":
        image = Image.fromarray(gray.astype(np.uint16) * 257)
    elif mode == "I":
        image = Image.fromarray(gray.astype(np.int32))
    elif mode == "F":
        image = Image.fromarray(gray.astype(np.float32))
    else:
        image = Image.fromarray(np.repeat(gray[..., None], 3, 2)).convert(mode)
    path = tmp_path / ("x.jpg" if mode in ("CMYK", "YCbCr") else "x.tiff")
    image.save(path)
    out = read_image(path, 10**6, color=False)
    assert out.shape == (48, 48)
    assert out.dtype == np.uint8
    assert np.abs(out.astype(int) - gray).mean() < {"1": 120, "P": 20, "CMYK": 4, "YCbCr": 4}.get(
        mode, 2
    )
