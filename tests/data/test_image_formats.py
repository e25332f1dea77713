"""Which files are pictures: those of phones whole, and the others told by name with a way out."""

import io
import os
import struct
import threading
import time
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from asdcfer.data import image_formats
from asdcfer.data.image_formats import (
    MOST_SCANS,
    formats,
    phone_format,
    scans_of_jpeg,
    what_else,
)
from asdcfer.data.image_io import ImageError, from_pillow, read_image, read_size
from tests.heic_files import write_heic

WIDE = np.zeros((128, 192, 3), np.uint8)
WIDE[:, :64], WIDE[:, 64:128], WIDE[64:, 128:] = (200, 40, 40), (40, 160, 40), (40, 40, 200)


@pytest.fixture(scope="module")
def heic(tmp_path_factory):
    pytest.importorskip("pi_heif", reason="the extra [heic] is not installed")
    return write_heic(tmp_path_factory.mktemp("heic") / "IMG_0001.HEIC", WIDE)


def test_a_photo_of_tiles_comes_out_whole(heic):
    assert read_size(heic) == (192, 128)
    image = read_image(heic)
    assert image.shape == WIDE.shape
    assert np.abs(image.astype(int) - WIDE).mean() < 6
    assert np.array_equal(read_image(heic.read_bytes()), image)


def test_a_photo_of_a_phone_under_a_wrong_name(heic, tmp_path):
    for name in ("a.jpg", "a.mp4", "a"):
        (tmp_path / name).write_bytes(heic.read_bytes())
        assert read_image(tmp_path / name).shape == WIDE.shape


def test_a_photo_of_a_phone_obeys_the_limit_and_may_be_damaged(heic):
    with pytest.raises(ImageError, match=r"192 x 128 pixels .* `max_pixels`"):
        read_image(heic, max_pixels=20_000)
    data = heic.read_bytes()
    for cut in (40, 200, len(data) // 2, len(data) - 1):
        with pytest.raises(ImageError):
            read_image(data[:cut])
    with pytest.raises(ImageError) as told:
        read_image(data[:-50])
    assert told.value.reason == "truncated"


def test_without_its_reader_a_line_says_what_to_install(heic, monkeypatch):
    kept = tuple(name for name in formats() if name not in ("HEIF", "AVIF"))
    for module in ("image_formats", "image_io"):
        monkeypatch.setattr(f"asdcfer.data.{module}.formats", lambda: kept)
    with pytest.raises(
        ImageError, match=r"a HEIC picture; .*pip install 'asdcfer\[heic\]'"
    ) as told:
        read_image(heic)
    assert told.value.reason.startswith("a HEIC picture: ")
    with pytest.raises(ImageError, match=r"an AVIF picture; .*Pillow"):
        read_image(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(200))


@pytest.mark.parametrize(
    ("brands", "kind"),
    [
        ((b"heic", b"mif1", b"heic"), "HEIC"),
        ((b"heix",), "HEIC"),
        ((b"msf1", b"msf1", b"hevc"), "HEIC"),
        ((b"mif1", b"mif1", b"heic", b"miaf"), "HEIC"),
        ((b"mif1", b"mif1", b"avif", b"miaf"), "AVIF"),
        ((b"avif",), "AVIF"),
        ((b"avis", b"msf1"), "AVIF"),
        ((b"isom", b"iso2", b"avc1", b"mp41"), None),
        ((b"qt  ", b"qt  "), None),
        ((b"mp42", b"mif1"), None),
    ],
)
def test_brands_tell_pictures_from_videos(brands, kind):
    box = b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:])
    head = (len(box) + 4).to_bytes(4, "big") + box
    assert phone_format(head) == kind
    assert phone_format(head + b"moovavifheic") == kind


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\0\0\0\x18ftypisom" + bytes(200), "a video"),
        (b"\x1aE\xdf\xa3" + bytes(200), "a video"),
        (b"\xff\x0a" + bytes(200), "JPEG XL"),
        (b"8BPS" + bytes(200), "Photoshop"),
        (b"%PDF-1.7\n" + bytes(200), "PDF"),
    ],
)
def test_what_is_taken_for_a_photo_is_called_by_its_name(data, what):
    with pytest.raises(ImageError, match=what) as told:
        read_image(data)
    assert ";" in str(told.value)


def test_what_is_not_known_has_no_name():
    assert what_else(b"hello") is None
    assert what_else(b"") is None


def test_a_pipe_is_no_picture_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    told = []

    def read():
        try:
            read_image(tmp_path / "a.jpg")
        except ImageError as error:
            told.append(str(error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(5)
    assert told
    assert "a pipe or device" in told[0]


def chunk(name, data, check=0):
    check ^= zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


@pytest.mark.parametrize(
    "odd",
    [
        chunk(b"tEXt", b"a\0b", check=1),
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(5_000_000))),
        chunk(b"zTXt", b"a\0\0damaged"),
        chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(5_000_000))),
        chunk(b"eXIf", b"no TIFF header"),
        chunk(b"eXIf", b"II*\0", check=1),
    ],
)
def test_what_stands_beside_the_pixels_of_a_png_does_not_matter(odd):
    file = io.BytesIO()
    Image.fromarray(WIDE).save(file, "PNG")
    data = file.getvalue()
    assert np.array_equal(read_image(data[:33] + odd + data[33:]), WIDE)
    assert read_size(data[:33] + odd + data[33:]) == (192, 128)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("exif", [b"garbage", b"Exif\0\0II*\0\xff\xff\xff\x7f", b""])
def test_damaged_exif_data_costs_no_picture(kind, exif):
    if kind not in formats():
        pytest.skip(f"this Pillow was built without {kind}")
    file = io.BytesIO()
    options = {} if kind == "TIFF" else {"exif": exif}
    Image.fromarray(WIDE).save(file, kind, **options)
    assert read_image(file.getvalue()).shape == WIDE.shape
    assert read_size(file.getvalue()) == (192, 128)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = Image.open(file)
    assert from_pillow(given).shape == WIDE.shape


def test_a_broken_installation_of_the_reader_counts_as_none(monkeypatch):
    def broken(name):
        raise ImportError(name)

    monkeypatch.setattr(image_formats, "find_spec", broken)
    assert image_formats._is_installed("pi_heif") is False


def jpeg_of_scans(count: int, width: int = 4000, height: int = 3000) -> bytes:
    """A progressive JPEG whose last scan is repeated, and whose header claims a size."""
    file = io.BytesIO()
    Image.new("L", (64, 64), 100).save(file, "JPEG", progressive=True)
    data = bytearray(file.getvalue())
    size = data.index(b"\xff\xc2") + 5
    data[size : size + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    own = scans_of_jpeg(bytes(data))
    last = bytes(data[data.rindex(b"\xff\xda") : -2])
    return bytes(data[:-2]) + last * (count - own) + b"\xff\xd9"


def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded() -> None:
    bomb = jpeg_of_scans(20_000)
    assert len(bomb) < 300_000
    assert scans_of_jpeg(bomb) == 20_000
    began = time.process_time()
    with pytest.raises(ImageError, match="20,000 scans") as caught:
        read_image(bomb)
    assert time.process_time() - began < 2
    assert caught.value.reason.startswith("damaged")
    # As many as a photograph has, and as many as are let pass.
    for count in (6, MOST_SCANS):
        assert read_image(jpeg_of_scans(count, 400, 300)).shape == (300, 400, 3)
