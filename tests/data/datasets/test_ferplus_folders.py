"""FER+ folders of PNG files with label.csv: votes and splits are read."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from tests.data.trees import kind_of, read_as, tiles

FOLDERS = {"FER2013Train": "train", "FER2013Valid": "public", "FER2013Test": "private"}


def ferplus(root: Path) -> Path:
    """Image i has eight votes for column i of neutral, happiness, ..., contempt, unknown, NF."""
    for folder in FOLDERS:
        tiles(root / folder, *(f"fer{i:07d}.png" for i in range(10)))
        lines = [
            f'fer{i:07d}.png,"(0, 0, 48, 48)",'
            + ",".join("8" if k == i else "1" for k in range(10))
            for i in range(10)
        ]
        (root / folder / "label.csv").write_text("\n".join(lines) + "\n")
    return root


@pytest.mark.parametrize("below", ["", "data/", "archive/FERPlus/data/"])
def test_votes_become_labels_and_folders_splits(tmp_path: Path, below: str) -> None:
    ferplus(tmp_path / "in" / below)
    assert kind_of(tmp_path / "in") == "ferplus_folders"
    read = read_as(tmp_path / "in")
    assert len(read) == 3 * 8
    for folder, split in FOLDERS.items():
        assert read[f"{folder}/fer0000001.png"] == ("happy", split)
        assert read[f"{folder}/fer0000007.png"] == ("contempt", split)
    assert len(read_as(tmp_path / "in", expressions=7)) == 3 * 7


def test_probabilities_are_kept(tmp_path: Path) -> None:
    pack = prepare(ferplus(tmp_path / "in"), tmp_path / "out", Options(targets="probability"))
    assert pack.votes is not None
    assert np.allclose(pack.votes.sum(1), 1)


def test_what_is_no_face_or_not_there_is_listed(tmp_path: Path) -> None:
    ferplus(tmp_path / "in")
    (tmp_path / "in" / "FER2013Test" / "fer0000000.png").unlink()
    skipped = prepare(tmp_path / "in", tmp_path / "out").info["skipped"]
    reasons = {entry["source_id"]: entry["reason"] for entry in skipped}
    assert reasons["FER2013Test/fer0000000.png"] == "missing: label.csv, row 1 names it"
    assert reasons["FER2013Test/fer0000009.png"] == "not a face (FER+)"
    assert len(reasons) == 1 + 3 * 2


def test_a_wrong_row_is_named(tmp_path: Path) -> None:
    ferplus(tmp_path / "in")
    with open(tmp_path / "in" / "FER2013Test" / "label.csv", "a") as file:
        file.write('fer.png,"(0, 0, 48, 48)",1,2\n')
    with pytest.raises(DataError, match=r"label.csv, row 11: expected a file name, a box and ten"):
        read_as(tmp_path / "in")
