"""RAF-DB's compound expressions: eleven classes, told apart from the seven basic ones."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.rafdb_compound import COMPOUND_LABELS
from asdcfer.errors import DataError
from tests.data.trees import kind_of, rafdb, read_as, tiles


def compound(root: Path) -> Path:
    names = [f"train_{i:04d}" for i in range(1, 12)]
    tiles(root / "Image" / "aligned", *(f"{name}_aligned.jpg" for name in names))
    (root / "EmoLabel").mkdir()
    (root / "EmoLabel" / "list_patition_label.txt").write_text(
        "\n".join(f"{name}.jpg {i}" for i, name in enumerate(names, 1))
    )
    return root


@pytest.mark.parametrize("below", ["compound", "raf"])
def test_eleven_classes(tmp_path: Path, below: str) -> None:
    source = compound(tmp_path / "in" / below)
    assert kind_of(tmp_path / "in") == "rafdb_compound"
    read = read_as(source.parent)
    assert [read[f"train_{i:04d}.jpg"][0] for i in range(1, 12)] == list(COMPOUND_LABELS.values())


def test_basic_and_compound_in_one_folder_are_asked_about(tmp_path: Path) -> None:
    compound(tmp_path / "in" / "compound")
    rafdb(tmp_path / "in" / "basic")
    with pytest.raises(DataError, match=r"--kind rafdb or --kind rafdb_compound"):
        read_as(tmp_path / "in")
    assert len(read_as(tmp_path / "in", kind="rafdb")) == 14
    assert len(read_as(tmp_path / "in", kind="rafdb_compound")) == 11
