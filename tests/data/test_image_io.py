import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.datasets.source import Options
from asdcfer.data.image_io import IMAGE_SUFFIXES, MAX_BYTES, formats, read_image
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import InputError
from asdcfer.predict.inputs import collect
from asdcfer.recognition.recognizer import Recognizer
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
    monkeypatch.setattr("asdcfer.data.image_io._STRIP", 1 << 16)
    assert (read_image(data) == image).all(), "the strips leave no seams"
    strip, result = 8 * 3 * (1 << 20), 3 * values.size
    assert peak < len(data) + result + strip, f"{peak / values.size:.1f} bytes a pixel"


def test_a_float_picture_with_holes():
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    values[0, 0], values[7, 7] = np.nan, np.inf
    image = read_image(encoded(Image.fromarray(values), "TIFF"))
    assert image[0, 0, 0] == image[7, 7, 0] == 0
    assert image[7, 6, 0] == 250


def test_foreign_programs_and_icons_are_not_tried(tmp_path, monkeypatch):
    def started(*_, **__):
        raise AssertionError("a program was started")

    monkeypatch.setattr("subprocess.check_call", started)
    monkeypatch.setattr("subprocess.run", started)
    monkeypatch.setattr("PIL.EpsImagePlugin.has_ghostscript", lambda: True)
    color = np.full((20, 20, 3), (200, 40, 60), np.uint8)
    for kind in ("EPS", "ICO", "TGA", "PDF"):
        (tmp_path / "a.jpg").write_bytes(encoded(color, kind))
        with pytest.raises(InputError, match="not a picture in a format that can be read"):
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


def test_more_pixels_than_pillow_opens_cannot_be_allowed():
    with pytest.raises(InputError, match=r"the 178,956,970 allowed"):
        read_image(bomb(17_000), max_pixels=300_000_000)


def test_float_tiff():
    image = read_image(
        encoded(Image.fromarray(np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)), "TIFF")
    )
    assert image.min() == 0
    assert image.max() == 255
    assert image.shape == (8, 8, 3)


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


def test_an_animation_gives_its_first_frame():
    frames = [Image.fromarray(np.full((16, 16, 3), value, np.uint8)) for value in (10, 128, 250)]
    image = read_image(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (image == 10).all()


SIDE = 48
"""Of odd pictures and of what is made of them, so that nothing is resized on the way."""


def levels(seed=0, shape=(SIDE, SIDE, 3), top=256):
    return np.random.default_rng(seed).integers(0, top, shape)


def tagged(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def with_clear_color(picture):
    palette = picture.convert("P", palette=Image.Palette.ADAPTIVE)
    palette.info["transparency"] = 3
    return palette


def write_odd(folder):
    """Write one file of each odd kind, 48 x 48; return their names in the order of a pack."""
    folder.mkdir()
    color = Image.fromarray(levels().astype(np.uint8))
    gray = levels(1, (SIDE, SIDE))
    deep = levels(2, (SIDE, SIDE), 65536).astype(np.uint16)
    for orientation in range(1, 9):
        color.save(folder / f"turned{orientation}.jpg", exif=tagged(orientation), quality=95)
        color.save(folder / f"turned{orientation}.png", exif=tagged(orientation))
    Image.fromarray(deep).save(folder / "deep.png")
    Image.fromarray(gray.astype(np.uint16)).save(folder / "deep_dark.png")
    Image.fromarray(deep).save(folder / "deep.tiff")
    Image.fromarray(deep.astype(np.int32)).save(folder / "deep_in_32_bits.tiff")
    Image.fromarray(gray.astype(np.int32)).save(folder / "dark_in_32_bits.tiff")
    Image.fromarray((gray / 255).astype(np.float32)).save(folder / "unit_floats.tiff")
    Image.fromarray(gray.astype(np.float32)).save(folder / "floats.tiff")
    for name, top in (("full", 65535), ("ten_bits", 1023), ("seven_bits", 127)):
        values = levels(3, (SIDE, SIDE), top + 1).astype(">u2" if top > 255 else np.uint8)
        (folder / f"{name}.pgm").write_bytes(b"P5 48 48 %d\n" % top + values.tobytes())
    (folder / "dark.pgm").write_bytes(b"P5 48 48 65535\n" + gray.astype(">u2").tobytes())
    for mode in ("1", "L", "LA", "P", "RGBA", "RGB"):
        color.convert(mode).save(folder / f"mode_{mode}.png")
    with_clear_color(color).save(folder / "clear_palette.png")
    clear = Image.fromarray(levels(4, (SIDE, SIDE, 4)).astype(np.uint8), "RGBA")
    clear.save(folder / "clear.png")
    clear.convert("LA").save(folder / "clear_gray.png")
    clear.save(folder / "clear.webp", lossless=True)
    for mode in ("CMYK", "YCbCr", "L"):
        color.convert(mode).save(folder / f"mode_{mode}.jpg")
    color.convert("CMYK").save(folder / "mode_CMYK.tiff")
    color.save(folder / "moving.gif", save_all=True, append_images=[color.rotate(90)])
    color.save(folder / "pages.tiff", save_all=True, append_images=[color.rotate(90)])
    return sorted(path.name for path in folder.iterdir())


class Looker:
    """A runtime that keeps the faces it is given in place of recognizing them."""

    size, expressions, explains, card = SIDE, ("neutral", "happiness"), False, {}

    def __init__(self, channels):
        self.channels, self.seen = channels, []

    def probabilities(self, faces):
        self.seen += list(faces)
        return np.full((len(faces), 2), 0.5, np.float32)


@pytest.mark.parametrize("color", [True, False])
def test_a_pack_and_recognition_see_the_same_pixels(tmp_path, monkeypatch, color):
    names = write_odd(tmp_path / "odd")
    looker = Looker(3 if color else 1)
    monkeypatch.setattr("asdcfer.recognition.recognizer.make_runtime", lambda *_, **__: looker)
    recognizer = Recognizer("stand-in", detect=False)
    for name in names:
        recognizer(tmp_path / "odd" / name)
    pack = prepare(tmp_path / "odd", tmp_path / "pack", Options(size=SIDE, color=color))
    assert pack.ids == names
    for name, packed, seen in zip(names, pack.images, looker.seen, strict=True):
        assert np.array_equal(packed, seen), name


def test_what_16_bit_pictures_become(tmp_path):
    """The high byte, of a dark picture too; a pack once had x * 255 // 65535, and dark as light."""
    write_odd(tmp_path / "odd")
    deep = (levels(2, (SIDE, SIDE), 65536) >> 8).astype(np.uint8)
    for name in ("deep.png", "deep.tiff", "deep_in_32_bits.tiff"):
        assert np.array_equal(read_image(tmp_path / "odd" / name, color=False), deep), name
    assert not read_image(tmp_path / "odd" / "dark.pgm").any()
    ten_bits = read_image(tmp_path / "odd" / "ten_bits.pgm", color=False)
    assert np.abs(ten_bits - levels(3, (SIDE, SIDE), 1024) / 1023 * 255).max() <= 1


def test_every_suffix_is_known_to_every_reader(tmp_path):
    formats_by_suffix = Image.registered_extensions()
    written = []
    for suffix in sorted(IMAGE_SUFFIXES):
        kind = formats_by_suffix[suffix]
        if kind in formats():
            picture = Image.fromarray(levels().astype(np.uint8))
            picture.convert("L" if suffix == ".pgm" else "RGB").save(tmp_path / f"a{suffix}", kind)
            written.append(f"a{suffix}")
    assert len(written) >= 12
    assert prepare(tmp_path, tmp_path / "pack").ids == sorted(written)
    assert sorted(item.name.name for item in collect([tmp_path], [tmp_path / "pack"])) == sorted(
        written
    )
