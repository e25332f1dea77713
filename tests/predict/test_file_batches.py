"""Pieces and batches of files: their order, their bounds, and what each file turns out to be."""

from pathlib import Path

import cv2
import numpy as np

from asdcfer.errors import InputError
from asdcfer.predict import file_batches
from asdcfer.predict.file_batches import batches, pieces
from asdcfer.predict.inputs import Input
from tests.recognition.standin import write_video


def test_pieces_keep_the_order_and_a_video_is_one_of_its_own():
    kinds = ["photo"] * 40 + ["video", "unknown"] + ["photo"] * 2
    files = [Input(Path(f"{i}"), kind, Path(f"{i}")) for i, kind in enumerate(kinds)]
    found = list(pieces(files))
    assert [len(piece) for piece in found] == [32, 8, 1, 1, 2]
    assert [item for piece in found for item in piece] == files


def photo(folder: Path, name: str, shape: tuple[int, ...], kind: str = "photo") -> Input:
    cv2.imwrite(str(folder / f"{name}.png"), np.zeros((*shape, 3), np.uint8))
    path = (folder / f"{name}.png").rename(folder / name)
    return Input(path, kind, Path(name))


def test_batches_are_bounded_in_number_and_in_pixels(tmp_path, monkeypatch):
    files = [photo(tmp_path, f"{i}", (8, 10)) for i in range(5)]
    for number, pixels, sizes in ((32, 1000, [5]), (2, 1000, [2, 2, 1]), (32, 160, [2, 2, 1])):
        monkeypatch.setattr(file_batches, "_BATCH_FILES", number)
        monkeypatch.setattr(file_batches, "_BATCH_PIXELS", pixels)
        found = list(batches(files, 80))
        assert [len(batch) for batch in found] == sizes
        assert [item for batch in found for item, _ in batch] == files
    assert list(batches([], 80)) == []


def test_what_a_file_is_decides_where_it_comes(tmp_path):
    write_video(tmp_path / "film.avi", [np.zeros((64, 96, 3), np.uint8)] * 2)
    film = Input((tmp_path / "film.avi").rename(tmp_path / "film"), "unknown", Path("film"))
    named = Input(tmp_path / "none.mp4", "video", Path("none.mp4"))
    closed = Input(tmp_path / "closed", "photo", Path("closed"), "a folder that is closed")
    (tmp_path / "notes").write_text("neither")
    notes = Input(tmp_path / "notes", "unknown", Path("notes"))
    first, odd = photo(tmp_path, "first", (8, 10)), photo(tmp_path, "odd", (9, 10), "unknown")
    begin, one, end, other = batches([first, closed, film, odd, notes, named], 100)
    assert (one, other) == (film, named), "videos come by themselves, unread"
    assert [item for item, _ in begin] == [first, closed]
    assert [item for item, _ in end] == [odd, notes]
    assert begin[0][1].shape == (8, 10, 3)
    assert end[0][1].shape == (9, 10, 3)
    for (_, fault), reason in ((begin[1], "a folder that"), (end[1], "neither a picture nor")):
        assert isinstance(fault, InputError)
        assert str(fault).startswith(reason)
