"""Folders of any images: formats, depths and modes mixed, and everything that can be wrong with a
file.
"""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare, recognize
from asdcfer.errors import DataError
from tests.data.trees import face, save


def test_every_format_size_and_depth_in_one_folder(tmp_path: Path) -> None:
    source = tmp_path / "in"
    for i, (suffix, shape) in enumerate(
        [
            (".jpg", (50, 40, 3)),
            (".JPEG", (48, 48)),
            (".png", (300, 200, 3)),
            (".webp", (33, 47, 3)),
            (".bmp", (8, 9)),
        ]
    ):
        save(source / ("a/b" if i % 2 else "b") / f"{i}{suffix}", i, shape)
    assert recognize(source).source.kind == "unlabeled"
    pack = prepare(source, tmp_path / "out")
    assert pack.images.shape == (5, 48, 48)
    assert (pack.labels == -1).all()
    assert pack.splits == ["train"]
    assert not pack.labeled
    assert pack.ids == ["a/b/1.JPEG", "a/b/3.webp", "b/0.jpg", "b/2.png", "b/4.bmp"]
    assert prepare(source, tmp_path / "out", Options(color=True, size=20)).images.shape == (
        5,
        20,
        20,
        3,
    )


def test_a_folder_without_any_usable_image(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(DataError, match=r"holds no images"):
        prepare(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in" / "n.txt").write_text("x")
    with pytest.raises(DataError, match=r"holds no images .*1 other files"):
        prepare(tmp_path / "in", tmp_path / "out", kind="unlabeled")
    (tmp_path / "in" / "a.jpg").write_text("x")
    with pytest.raises(
        DataError, match=r"no usable image was found; 2 were skipped, the first: n.txt"
    ):
        prepare(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_crops_come_from_the_upright_color_image(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", 0, (60, 90, 3))
    save(tmp_path / "in" / "b.png", 1)
    seen = []

    def crop(image: np.ndarray) -> list[np.ndarray]:
        seen.append(image.shape)
        return [image[:40, :40], image[10:50, 10:50]] if image.shape[0] == 60 else []

    pack = prepare(tmp_path / "in", tmp_path / "out", Options(crop=crop, size=40, color=True))
    assert seen == [(60, 90, 3), (48, 48, 3)]
    assert pack.ids == ["a.png", "a.png#2"]
    assert np.array_equal(pack.images[1], face(0, (60, 90, 3))[10:50, 10:50])
    assert pack.info["skipped"] == [{"source_id": "b.png", "reason": "no face found"}]
