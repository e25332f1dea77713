"""Where the faces of `embed` come from: which of them are meant, and what cannot be together."""

import numpy as np
import pytest
from PIL import Image

from asdcfer import api
from asdcfer.api.face_sources import face_source, picture_options, source_path
from asdcfer.embedding.face_blocks import PackBlocks
from asdcfer.embedding.picture_blocks import PictureBlocks
from asdcfer.errors import DataError
from asdcfer.files import sha256
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.recognition.detector import yunet_path

GIVEN = Preprocessing(size=32, channels=3)


def settings(**more) -> api.EmbedSettings:
    return api.EmbedSettings(**more)


def test_a_pack_is_read_as_one_by_path_by_name_and_open(few) -> None:
    assert source_path(few, settings()) is None
    assert source_path(few.path, settings()) == few.path
    opened = face_source(few, None, GIVEN, settings(splits=["private"]))
    by_path = face_source(few.path, few.path, GIVEN, settings())
    assert isinstance(opened, PackBlocks)
    assert isinstance(by_path, PackBlocks)
    assert (len(opened), len(by_path)) == (len(few.rows("private")), len(few))


def test_pictures_are_read_in_the_size_and_colors_of_the_encoder(tmp_path) -> None:
    Image.fromarray(np.zeros((50, 40, 3), np.uint8)).save(tmp_path / "a.png")
    source = face_source(tmp_path, source_path(tmp_path, settings()), GIVEN, settings())
    assert isinstance(source, PictureBlocks)
    assert next(source.blocks(0)).images.shape == (1, 32, 32, 3)


def test_another_detector_means_other_faces() -> None:
    plain, nothing = picture_options(GIVEN, settings())
    assert (plain.crop, nothing) == (None, {})
    found, identity = picture_options(GIVEN, settings(detect=True, detector_model=yunet_path()))
    assert found.crop is not None
    assert identity == {"detector": sha256(yunet_path())}


@pytest.mark.parametrize(
    ("name", "more", "told"),
    [
        ("sample", {"detect": True}, "is a pack, whose faces are cropped already"),
        ("folder", {"splits": ["train"]}, "`splits` are of packs, and .*folder is none"),
        ("folder", {"detector_model": "x.onnx"}, "`detector_model` is for `detect=True`"),
        ("a.txt", {}, "neither a pack, a folder nor a picture"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, name, more, told) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(DataError, match=told):
        source_path(name if name == "sample" else tmp_path / name, settings(**more))
