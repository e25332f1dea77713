"""Images named by their expression."""

from pathlib import Path

import pytest

from asdcfer.errors import DataError
from tests.data.trees import kind_of, read_as, tiles


def test_names_are_labels(tmp_path: Path) -> None:
    source = tiles(
        tmp_path / "in",
        *(f"{s}/{n}_{i}.png" for s in ("train", "test") for n in ("happy", "sad") for i in "12"),
    )
    assert kind_of(source) == "names"
    assert read_as(source)["test/sad_2.png"] == ("sad", "test")
    flat = tiles(tmp_path / "flat", "0-Anger 12.png", "1-Joie 3.png", "train_sad_1.png")
    assert [label for label, _ in read_as(flat).values()] == ["angry", "happy", "sad"]


def test_words_that_were_searched_for_may_be_labels(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", "angry_actor_104.png", "happy_child_1.png")
    with pytest.raises(DataError, match=r"names of 2 of 2 images look like labels.*--kind names"):
        read_as(source)
    assert {label for label, _ in read_as(source, kind="unlabeled").values()} == {None}
    assert [label for label, _ in read_as(source, kind="names").values()] == ["angry", "happy"]


CODES = {"ANG": "angry", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral"}
FIVE = ("angry", "contemptuous", "fearful", "happy", "surprised")


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ([f"Rafd090_0{i}_female_{e}_frontal.png" for i in "12" for e in FIVE], "acfhs"),
        ([f"100{i}_DFA_{code}_XX.png" for i in "12" for code in CODES], "adfhn"),
        ([f"F000{i}_{code[:2]}01WH_F2D.png" for i in "12" for code in CODES], "adfhn"),
        ([f"00{i}_{age}_m_{e}_a.png" for i, age in ("1o", "2y") for e in "adfhns"], "adfhns"),
        ([f"CFD-WM-00{i}-014-{e}.png" for i in "12" for e in ("N", "A", "F", "HC")], "afhn"),
        ([f"subject0{i}.{e}.png" for i in "12" for e in (*FIVE, "wink", "glasses")], "acfhs"),
    ],
)
def test_names_of_data_sets_are_asked_about(tmp_path: Path, names: list[str], labels: str) -> None:
    source = tiles(tmp_path / "in", *names)
    with pytest.raises(DataError, match=r"--kind unlabeled; for those in the names: --kind names"):
        read_as(source)
    read = read_as(source, kind="names")
    assert "".join(sorted({str(label)[0] for label, _ in read.values()})) == labels
    assert len(read) == 2 * len(labels)


@pytest.mark.parametrize(
    "names",
    [
        ["happy birthday.png", "sad dog.png", "beach.png", "IMG_1.png"],
        ["not_happy_1.png", "not_sad_2.png", "not_angry_3.png"],
        ["IMG_1.png", "IMG_2.png"],
        ["AN_1.png", "BO_1.png", "CA_1.png", "DI_1.png"],
    ],
)
def test_names_of_photos_are_none(tmp_path: Path, names: list[str]) -> None:
    assert {label for label, _ in read_as(tiles(tmp_path / "in", *names)).values()} == {None}


def test_names_in_class_folders_that_agree_change_nothing(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", "happy/happy_1.png", "sad/sad_1.png")
    assert {label for label, _ in read_as(source).values()} == {"happy", "sad"}
