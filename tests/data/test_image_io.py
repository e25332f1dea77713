"""The one decoder of pictures: every format, depth and fault; and squares of faces."""

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.datasets.source import Options
from asdcfer.data.image_formats import formats
from asdcfer.data.image_io import MAX_BYTES, ImageError, fit, read_image, read_size
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import InputError
from tests.data.trees import face, save
from tests.recognition import standin


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        buffer, kind, **options
    )
    return buffer.getvalue()


def bomb(side):
    """A PNG of a few dozen bytes whose header claims side x side pixels."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def test_a_path_and_its_bytes_read_alike():
    image = read_image(standin.hopper_path())
    assert image.shape == (600, 512, 3)
    assert image.dtype == np.uint8
    assert np.array_equal(image, read_image(standin.hopper_path().read_bytes()))
    assert image[550, 20].tolist() != image[550, 20][::-1].tolist(), (
        "red and blue differ, so that their order can be told"
    )
    assert abs(image.astype(int) - standin.hopper()).mean() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_respected(orientation):
    upright = np.zeros((40, 60, 3), np.uint8)
    upright[:10, :10] = 255
    undo = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(undo[orientation](upright))
    assert np.array_equal(read_image(encoded(stored, "PNG", exif=exif)), upright)


def test_truncated_jpeg():
    data = standin.hopper_path().read_bytes()
    with pytest.raises(InputError, match=r"broken picture"):
        read_image(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b"hello, I am text", "not a picture"), (b"\xff\xd8\xff", "picture")],
)
def test_bytes_that_are_no_picture(data, reason, tmp_path):
    path = tmp_path / "named.jpg"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(InputError, match=reason):
            read_image(source)


def test_missing_and_folder(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(InputError, match="folder"):
        read_image(tmp_path)


@pytest.mark.parametrize("side", [9_200, 12_000, 60_000])
def test_a_huge_header_is_refused_before_decoding(side):
    with pytest.raises(InputError, match="decompression bomb"):
        read_image(bomb(side))


def test_a_limit_of_ones_own():
    with pytest.raises(InputError, match="60 x 40 pixels"):
        read_image(encoded(np.zeros((40, 60, 3), np.uint8), "PNG"), max_pixels=2000)


def test_foreign_programs_and_icons_are_not_tried(tmp_path, monkeypatch):
    def started(*_, **__):
        raise AssertionError("a program was started")

    monkeypatch.setattr("subprocess.check_call", started)
    monkeypatch.setattr("subprocess.run", started)
    monkeypatch.setattr("PIL.EpsImagePlugin.has_ghostscript", lambda: True)
    color = np.full((20, 20, 3), (200, 40, 60), np.uint8)
    for kind, said in (
        ("EPS", "a PostScript file; save it as JPEG"),
        ("ICO", "not a picture in a format that can be read"),
        ("TGA", "not a picture in a format that can be read"),
        ("PDF", "a PDF file; save it as JPEG"),
    ):
        (tmp_path / "a.jpg").write_bytes(encoded(color, kind))
        with pytest.raises(InputError, match=said):
            read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF"]
)
def test_every_kind_of_photograph_is_read(kind):
    if kind not in formats():
        pytest.skip(f"this Pillow was built without {kind}")
    color = np.full((40, 50, 3), (200, 40, 60), np.uint8)
    assert np.abs(read_image(encoded(color, kind)).astype(int) - color).max() <= 6


def test_a_file_too_large_for_a_photo_is_refused_unread(tmp_path):
    path = tmp_path / "a.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(
        InputError,
        match=r"a\.jpg: 1,000,000,001 bytes are more than the 1,000,000,000 a picture may have",
    ):
        read_image(path)
    with path.open("wb") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="not a picture"):
            read_image(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000, (
            "what is no picture is not read to its end"
        )
    finally:
        tracemalloc.stop()


def test_a_file_that_does_not_fit_into_memory_is_one_line(monkeypatch):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("pathlib.Path.open", full)
    with pytest.raises(InputError, match="does not fit into memory"):
        read_image(standin.hopper_path())


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_size_is_that_of_the_picture_as_it_is_shown(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(np.zeros((40, 60, 3), np.uint8), "JPEG", exif=exif)
    assert read_size(data) == read_image(data).shape[1::-1]


def test_an_animation_gives_its_first_frame():
    frames = [Image.fromarray(np.full((16, 16, 3), value, np.uint8)) for value in (10, 128, 250)]
    image = read_image(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (image == 10).all()


def test_damaged_bytes_never_raise_anything_else(tmp_path: Path) -> None:
    """Flip and cut bytes of each format: every file either decodes or is an ImageError."""
    rng = np.random.default_rng(0)
    outcomes = set()
    for suffix in (".jpg", ".png", ".webp", ".bmp", ".tiff", ".gif"):
        original = save(tmp_path / f"x{suffix}", 0, (40, 40)).read_bytes()
        for _ in range(60):
            data = bytearray(original)
            for at in rng.integers(0, len(data), 8):
                data[at] = rng.integers(256)
            path = tmp_path / f"damaged{suffix}"
            path.write_bytes(bytes(data[: rng.integers(len(data) // 2, len(data) + 1)]))
            try:
                image = read_image(path, 10**6, color=True)
                outcomes.add("decoded")
                assert image.dtype == np.uint8
                assert image.ndim == 3
            except ImageError:
                outcomes.add("unusable")
    assert outcomes == {"decoded", "unusable"}


def test_exif_rotation_is_respected_in_a_pack_and_at_a_fraction(tmp_path: Path) -> None:
    upright = face(0, (64, 64))
    turned = Image.fromarray(np.rot90(upright))
    exif = Image.Exif()
    exif[0x0112] = 6  # show it turned by 90 degrees clockwise
    path = tmp_path / "in" / "turned.png"
    path.parent.mkdir()
    turned.save(path, exif=exif)
    assert np.array_equal(
        prepare(path.parent, tmp_path / "out", Options(size=64)).images[0], upright
    )
    turned.save(path.with_suffix(".jpg"), exif=exif, quality=95)
    assert (
        np.abs(
            read_image(path.with_suffix(".jpg"), 10**6, color=False).astype(int) - upright
        ).mean()
        < 3
    )
    reduced = read_image(path.with_suffix(".jpg"), 10**6, color=False, at_least=16)
    assert reduced.shape == (32, 32)
    assert np.abs(reduced.astype(int) - fit(upright, 32, color=False)).mean() < 5


def test_transparent_pixels_are_white_and_animations_give_their_first_frame(tmp_path: Path) -> None:
    clear = np.zeros((10, 10, 4), np.uint8)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    assert (read_image(tmp_path / "clear.png", 10**6, color=False) == 255).all()
    frames = [Image.fromarray(np.full((10, 10), level, np.uint8)) for level in (50, 200)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert (read_image(tmp_path / "moving.gif", 10**6, color=False) == 50).all()


def test_nearly_square_images_keep_everything_and_wide_ones_their_middle() -> None:
    ramp = np.repeat(np.linspace(0, 255, 105).astype(np.uint8)[None], 100, 0)
    whole = fit(ramp, 50, color=False)
    assert whole.min() < 5
    assert whole.max() > 250
    wide = np.zeros((100, 300), np.uint8)
    wide[:, 100:200] = 255
    assert fit(wide, 50, color=False).min() > 200
    assert fit(wide.T, 50, color=False).min() > 200
    assert np.array_equal(fit(face(0), 48, color=False), face(0)), "the right size is left alone"
