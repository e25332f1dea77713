"""Blocks of pictures hold what `prepare` would put into a pack of them."""

import os
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.embedding import picture_blocks
from asdcfer.embedding.picture_blocks import PictureBlocks
from asdcfer.errors import DataError
from tests.data.trees import save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eleven pictures of several sizes and kinds in three folders, and a broken one."""
    inside = tmp_path / "faces"
    for seed in range(9):
        save(inside / "ab"[seed % 2] / f"{seed}.png", seed, (40 + seed, 48))
    save(inside / "z.jpg", 10, (90, 80, 3))
    save(inside / "wide.png", 11, (40, 120, 3))
    (inside / "broken.png").write_bytes(b"no picture")
    (inside / "notes.txt").write_text("not read")
    return inside


def all_of(blocks: PictureBlocks, start: int = 0):
    found = list(blocks.blocks(start))
    return (
        [row["id"] for block in found for row in block.rows],
        [image for block in found for image in block.images],
        [(one.source_id, one.reason) for block in found for one in block.skipped],
    )


@pytest.mark.parametrize("color", [False, True])
def test_pixels_and_ids_are_those_of_a_pack(folder, tmp_path, color) -> None:
    options = Options(size=32, color=color)
    pack = prepare(folder, tmp_path / "pack", options, kind="unlabeled")
    ids, images, skipped = all_of(PictureBlocks(folder, options, {}))
    assert sorted(ids) == sorted(pack.ids)
    for name, image in zip(ids, images, strict=True):
        assert np.array_equal(image, pack.images[pack.ids.index(name)])
    assert skipped == [("broken.png", "not an image")]


@pytest.mark.parametrize("at_once", [1, 4, 100])
def test_blocks_go_on_where_they_were_left(folder, at_once, monkeypatch) -> None:
    monkeypatch.setattr(picture_blocks, "FILES", at_once)
    blocks = PictureBlocks(folder, Options(size=32), {})
    assert len(blocks) == 12
    whole = all_of(blocks)[0]
    assert len(whole) == 11
    done, seen = 0, []
    for block in blocks.blocks(0):
        assert [*seen, *all_of(blocks, done)[0]] == whole
        seen += [row["id"] for row in block.rows]
        done += block.inputs
    assert done == 12


def test_several_faces_of_a_photo_are_numbered_and_photos_without_are_told(folder) -> None:
    def halves(image: np.ndarray) -> list[np.ndarray]:
        return [image[:, :40], image[:, -40:]] if image.shape[1] == 120 else []

    blocks = PictureBlocks(folder, Options(size=16, crop=halves), {})
    ids, images, skipped = all_of(blocks)
    assert ids == ["wide.png", "wide.png#2"]
    assert images[0].shape == (16, 16)
    assert ("z.jpg", "no face found") in skipped
    assert len(skipped) == 11


def test_one_picture_is_taken_by_itself(folder) -> None:
    assert all_of(PictureBlocks(folder / "z.jpg", Options(size=16), {}))[0] == ["z.jpg"]


def test_names_and_options_make_the_identity(folder) -> None:
    first = PictureBlocks(folder, Options(), {})
    assert PictureBlocks(folder, Options(), {}).identity == first.identity
    assert PictureBlocks(folder, Options(size=32), {}).identity != first.identity
    assert PictureBlocks(folder, Options(), {"detector": "x"}).identity != first.identity
    save(folder / "new.png", 1)
    assert PictureBlocks(folder, Options(), {}).identity != first.identity


def test_pipes_are_passed_over_and_an_empty_folder_is_told(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(DataError, match="holds no picture"):
        PictureBlocks(tmp_path, Options(), {})
