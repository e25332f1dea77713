"""Whatever bytes are called a picture: pixels within the limit come out, or an `ImageError`."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from asdcfer.data.image_formats import formats, phone_format, what_else
from asdcfer.data.image_io import ImageError, read_image, read_size
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import DataError
from tests.fuzzing import cases, damaged, refusing
from tests.heic_files import write_heic

MOST = 40_000
KINDS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "JPEG2000", "AVIF")


def originals(folder):
    """One small picture of every kind, and some of the odd sides of a kind."""
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8))
    made = {}

    def add(name, image, kind, **options):
        file = io.BytesIO()
        image.save(file, kind, **options)
        made[name] = file.getvalue()

    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in (kind for kind in KINDS if kind in formats()):
        add(kind, picture, kind)
    add("turned JPEG", picture, "JPEG", exif=exif)
    add("palette PNG", picture.convert("P"), "PNG", transparency=3)
    deep = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    add("deep PNG", deep, "PNG")
    add("deflated TIFF", picture, "TIFF", compression="tiff_deflate")
    add("animated GIF", picture, "GIF", save_all=True, append_images=[picture.rotate(90)])
    if "HEIF" in formats():
        made["HEIC"] = write_heic(folder / "a.heic", np.asarray(picture)[:32, :32], 32).read_bytes()
    return made


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return originals(tmp_path_factory.mktemp("originals"))


@pytest.mark.slow
@pytest.mark.fuzz
@cases(250)
@given(data=st.data())
def test_damaged_pictures(files, data):
    _, raw = data.draw(damaged(files))
    with refusing(ImageError):
        width, height = read_size(raw, MOST)
        assert width * height <= MOST
    with refusing(ImageError):
        image = read_image(raw, MOST)
        assert image.dtype == np.uint8
        assert image.shape[2:] == (3,)
        assert 0 < image.shape[0] * image.shape[1] <= MOST


@pytest.mark.fuzz
@cases(100)
@given(st.binary(max_size=300), st.sampled_from([b"", b"\0\0\0\x18ftyp", b"GIF89a", b"II*\0"]))
def test_any_bytes(raw, head):
    assert phone_format(head + raw) in (None, "HEIC", "AVIF")
    assert what_else(head + raw) is None or len(what_else(head + raw)) == 2
    with refusing(ImageError):
        assert read_image(head + raw, MOST).dtype == np.uint8


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    faces = np.random.default_rng(0).integers(0, 256, (4, 8, 8), np.uint8)
    items = [
        PackItem(face, f"f{i}", ("train", "test")[i % 2], i % 2, np.full(2, 0.5, np.float32))
        for i, face in enumerate(faces)
    ]
    path = tmp_path_factory.mktemp("pack") / "p"
    return write_pack(path, items, expressions=("happy", "sad"), source={"name": "made"})


@pytest.mark.slow
@pytest.mark.fuzz
@cases(120)
@given(data=st.data())
def test_damaged_packs(pack, tmp_path, data):
    """Each file of a pack in its turn; what is opened is consistent."""
    originals = {path.name: path.read_bytes() for path in sorted(pack.iterdir())}
    name, raw = data.draw(damaged(originals))
    for file, content in originals.items():
        (tmp_path / file).write_bytes(raw if file == name else content)
    with refusing(DataError):
        opened = load_pack(tmp_path)
        assert len(opened.images) == len(opened.labels) == len(opened.ids) == len(opened.split)
        assert set(opened.labels.tolist()) <= {-1, *range(len(opened.expressions))}
    with refusing(DataError):
        load_pack(tmp_path, verify=True)
