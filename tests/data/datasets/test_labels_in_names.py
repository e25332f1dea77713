"""Images named by their expression."""

from pathlib import Path

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


def test_words_that_were_searched_for_are_no_labels(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", "angry_actor_104.png", "happy_child_1.png")
    assert {label for label, _ in read_as(source).values()} == {None}


def test_names_in_class_folders_that_agree_change_nothing(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", "happy/happy_1.png", "sad/sad_1.png")
    assert {label for label, _ in read_as(source).values()} == {"happy", "sad"}
