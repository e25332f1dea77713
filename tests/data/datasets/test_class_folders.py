"""Splits and classes among folders, at whatever depth."""

import pytest

from asdcfer.data.datasets.class_folders import ClassFolders


def meant(folders: list[str], own: bool = False) -> dict[str, tuple[str | None, str | None]]:
    """Split and label (expression, or else the folder's name) of each folder."""
    parts = [tuple(folder.split("/")) for folder in folders]
    found = ClassFolders(parts, own)
    places = {"/".join(one): found.of(one) for one in parts}
    return {name: (p.split, p.expression or p.name) for name, p in places.items()}


@pytest.mark.parametrize(
    ("folder", "split", "label"),
    [
        ("train/happy", "train", "happy"),
        ("TRAIN/HAPPY", "train", "happy"),
        ("train_afew/Happy", "train", "happy"),
        ("Training Data/0_happy", "train", "happy"),
        ("data/train/happy", "train", "happy"),
        ("fer/images/train/happy", "train", "happy"),
        ("train/images/happy", "train", "happy"),
        ("train/happy/S01", "train", "happy"),
        ("train/happy/S01/clip 3", "train", "happy"),
        ("train/S01/happy", "train", "happy"),
        ("happy/train", "train", "happy"),
        ("train_happy", "train", "happy"),
        ("happy-train", "train", "happy"),
    ],
)
def test_folders_of_other_kinds_change_nothing(folder: str, split: str, label: str) -> None:
    kinds = ("happy", "sad", "angry")
    swapped = [
        folder.replace(label, kind)
        .replace(label.upper(), kind.upper())
        .replace("Happy", kind.title())
        for kind in kinds
    ]
    others = [
        one.replace("train", "test").replace("TRAIN", "TEST").replace("Training", "Testing")
        for one in swapped
    ]
    found = meant([*swapped, *others])
    assert found[folder] == (split, label)
    assert {found[one][0] for one in others} == {"test"}
    assert [found[one][1] for one in swapped] == list(kinds)


def test_an_unknown_name_among_expressions_keeps_its_name() -> None:
    found = meant(["train/happy", "train/sad", "train/bored", "train/hapyy"])
    assert found["train/bored"] == ("train", "bored")
    assert found["train/hapyy"] == ("train", "happy")


def test_numbers_below_splits_are_classes() -> None:
    assert meant(["train/0", "train/1", "test/0"])["train/1"] == ("train", "1")
    assert meant([str(i) for i in range(7)])["6"] == (None, "6")
    assert meant(["2019", "2020"])["2019"] == (None, None)


def test_photos_that_lie_in_folders_have_no_classes() -> None:
    found = meant(["2019/Rome", "2019/Joy", "2020/test drive", "Anna", "images"])
    assert {label for _, label in found.values()} == {None}


def test_a_folder_of_images_is_no_class() -> None:
    assert meant(["train/images", "train/labels", "test/images"])["train/images"] == ("train", None)
    assert meant(["train/images", "test/images"])["train/images"] == ("train", None)


def test_own_names_are_kept_where_asked() -> None:
    assert meant(["train/happy", "test/happy"], own=True)["train/happy"] == ("train", "happy")
    assert meant(["hapy/1", "sad/2"], own=True)["hapy/1"] == (None, "hapy")
    assert meant(["train/images/a", "train/images/b"], own=True)["train/images/b"] == ("train", "b")


def test_the_longer_split_name_gives_way_to_the_exact_one() -> None:
    found = meant(["Training Data/train/happy", "Training Data/test/happy"])
    assert [split for split, _ in found.values()] == ["train", "test"]
