"""Odd picture files: a pack and recognition see the same pixels of each."""

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.datasets.source import Options
from asdcfer.data.image_formats import IMAGE_SUFFIXES, formats
from asdcfer.data.image_io import read_image
from asdcfer.data.prepare_pack import prepare
from asdcfer.predict.inputs import collect
from asdcfer.predict.recognizer import Recognizer

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
    monkeypatch.setattr("asdcfer.predict.recognizer.make_runtime", lambda *_, **__: looker)
    recognizer = Recognizer("stand-in", detection=None)
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
        kind = formats_by_suffix.get(suffix, "JPEG")  # some names are known to nobody but cameras
        if kind in formats() and kind != "HEIF":
            picture = Image.fromarray(levels().astype(np.uint8))
            mode = {".pgm": "L", ".pbm": "1", ".pfm": "F"}.get(suffix, "RGB")
            picture.convert(mode).save(tmp_path / f"a{suffix}", kind)
            written.append(f"a{suffix}")
    assert len(written) >= 12
    assert prepare(tmp_path, tmp_path / "pack").ids == sorted(written)
    assert sorted(item.name.name for item in collect([tmp_path], [tmp_path / "pack"])) == sorted(
        written
    )
