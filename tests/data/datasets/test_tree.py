"""Trees of folders: by split and class, or by class."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from asdcfer.expressions import (
    EXPRESSIONS,
)
from tests.data.trees import kind_of, read_as, save, summary, tiles


def test_a_tree_by_split_and_class(tmp_path: Path) -> None:
    for split in ("Training", "validation", "test"):
        for name in ("Anger", "Happiness", "neutral"):
            save(tmp_path / "in" / split / name / "a.png", hash((split, name)) % 1000)
    assert kind_of(tmp_path / "in") == "tree"
    pack = prepare(tmp_path / "in", tmp_path / "out")
    assert pack.splits == ["train", "val", "test"]
    assert pack.expressions == EXPRESSIONS
    assert [(s, e) for s, e, _ in summary(pack)] == [
        (s, e) for s in ("train", "val", "test") for e in ("angry", "happy", "neutral")
    ]


def test_a_tree_without_splits_is_all_train(tmp_path: Path) -> None:
    for name in ("anger", "contempt", "joy"):
        save(tmp_path / "in" / name / "deep" / "er" / "a.png", len(name))
    assert kind_of(tmp_path / "in") == "tree"
    pack = prepare(tmp_path / "in", tmp_path / "out")
    assert summary(pack) == [
        ("train", e, f"{n}/deep/er/a.png")
        for e, n in (("angry", "anger"), ("contempt", "contempt"), ("happy", "joy"))
    ]


def test_a_tree_of_classes_of_ones_own(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for name in ("smile", "none", "frown"):
            save(tmp_path / "in" / split / name / "a.png", len(name))
        save(tmp_path / "in" / split / "loose.png", 1)
    pack = prepare(tmp_path / "in", tmp_path / "out")
    assert pack.expressions == ("frown", "none", "smile")
    assert len(pack) == 6
    assert {s["source_id"]: s["reason"] for s in pack.info["skipped"]} == {
        f"{split}/loose.png": "outside the layout: expected SPLIT/CLASS/IMAGE"
        for split in ("train", "test")
    }


def test_an_unknown_class_is_named_and_can_be_kept_on_purpose(tmp_path: Path) -> None:
    for name in ("angry", "bored", "sad"):
        save(tmp_path / "in" / "train" / name / "a.png", len(name))
    with pytest.raises(
        DataError,
        match=(
            r"train/bored/a.png: unknown label 'bored'; expected a folder named angry, .* .or "
            r"`own_classes=True`"
        ),
    ):
        prepare(tmp_path / "in", tmp_path / "out")
    assert prepare(tmp_path / "in", tmp_path / "out", Options(own_classes=True)).expressions == (
        "angry",
        "bored",
        "sad",
    )


def test_a_forced_tree_of_loose_images_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", 1)
    with pytest.raises(
        DataError,
        match=(
            r"holds no SPLIT/CLASS/IMAGE nor CLASS/IMAGE; for images without labels: "
            r"`kind=.unlabeled.`"
        ),
    ):
        prepare(tmp_path / "in", tmp_path / "out", kind="tree")


FACES = ("angry", "happy", "sad")


def both(pattern: str, classes: tuple[str, ...] = FACES, count: int = 2) -> list[str]:
    """Names of images of a pattern of SPLIT, CLASS and N, for training and test."""
    return [
        pattern.replace("SPLIT", split).replace("CLASS", name).replace("NUMBER", str(i))
        for split in ("train", "test")
        for name in classes
        for i in range(count)
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        "SPLIT/CLASS/NUMBER.png",
        "SPLIT_afew/CLASS/NUMBER.png",
        "SPLIT_data/CLASS/NUMBER.png",
        "fer/SPLIT set/CLASS/NUMBER.png",
        "a/b/SPLIT/CLASS/NUMBER.png",
        "SPLIT/images/CLASS/NUMBER.png",
        "SPLIT/CLASS/person NUMBER/frame.png",
        "SPLIT/person NUMBER/CLASS/frame.png",
        "SPLIT/person NUMBER/CLASS/clip 1/frame.png",
        "CLASS/SPLIT/NUMBER.png",
        "SPLIT_CLASS/NUMBER.png",
        "SPLIT/0_CLASS/NUMBER.png",
        "SPLIT/03. CLASS/NUMBER.png",
        "SPLIT/CLASS_face/NUMBER.png",
        "SPLIT/CLASS faces/NUMBER.png",
        "SPLIT/CLASS/images/NUMBER.png",
    ],
)
def test_labels_and_splits_are_found_at_any_depth(tmp_path: Path, pattern: str) -> None:
    names = both(pattern)
    read = read_as(tiles(tmp_path / "in", *names))
    assert len(read) == len(names)
    for name, (label, split) in read.items():
        assert label in name
        assert split in name


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("joie", "tristesse", "colère"), "'joie' as happy"),
        (("Freude", "Trauer", "Wut"), "'Freude' as happy"),
        (("hapy", "sad", "angry"), "'hapy' as happy"),
        (("suprise", "happy", "sad"), "'suprise' as surprise"),
        (("0_angry", "1_happy", "2_sad"), "'0_angry' as angry"),
        (("AN", "HA", "SA"), "'AN' as angry"),
        (("hap", "sad", "ang"), "'hap' as happy"),
        (("hapiness", "sadnes", "angryy"), "'sadnes' as sad"),
        (("HAPPY 😀", "SAD", "ANGRY"), "'HAPPY 😀' as happy"),
        (("χαρά", "λύπη", "θυμός"), "'λύπη' as sad"),
    ],
)
def test_what_is_read_beyond_the_letter_is_told(
    tmp_path: Path, names: tuple[str, ...], told: str
) -> None:
    lines: list[str] = []
    read = read_as(
        tiles(tmp_path / "in", *both("SPLIT/CLASS/NUMBER.png", names)), told=lines.append
    )
    assert {label for label, _ in read.values()} <= set(EXPRESSIONS)
    assert any(told in line for line in lines)


@pytest.mark.parametrize("below", ["", "data/", "archive (1)/FER/"])
@pytest.mark.parametrize("numbers", [range(7), range(8), range(1, 8)])
@pytest.mark.parametrize("split", ["train/", "Training/", "", "train/class_", "test/Emotion "])
def test_numbered_folders_are_never_guessed(
    tmp_path: Path, below: str, numbers: range, split: str
) -> None:
    tiles(tmp_path / "in", *(f"{below}{split}{i}/a{i}.png" for i in numbers))
    with pytest.raises(DataError, match=r"--labels-order fer, affectnet.*--own-classes.*--kind"):
        read_as(tmp_path / "in")


def test_numbered_folders_in_the_order_that_is_named(tmp_path: Path) -> None:
    source = tiles(
        tmp_path / "in", *(f"{s}/{i}/a.png" for s in ("train", "test") for i in range(7))
    )

    def labels(order: str) -> list[str | None]:
        read = read_as(source, labels_order=order)
        return [read[f"test/{i}/a.png"][0] for i in range(7)]

    assert labels("fer") == list(EXPRESSIONS)
    assert labels("affectnet")[:3] == ["neutral", "happy", "sad"]
    assert labels("alphabetical")[4:] == ["neutral", "sad", "surprise"]
    assert labels("a,b,c,d,e,f,g") == list("abcdefg")
    assert read_as(source, own_classes=True)["test/6/a.png"] == ("6", "test")
    assert read_as(source, kind="affectnet")["train/0/a.png"] == ("neutral", "train")
    assert read_as(source, kind="unlabeled")["train/0/a.png"] == (None, "train")


def test_numbered_folders_by_a_file_that_names_them(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", *(f"train/{i}/a.png" for i in range(3)))
    (source / "classes.txt").write_text("happy\nsad\nangry\n")
    assert [read_as(source)[f"train/{i}/a.png"][0] for i in range(3)] == ["happy", "sad", "angry"]


def test_padded_numbers_below_splits_are_asked_about_too(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", *(f"train/{i:02d}/a.png" for i in range(7)))
    with pytest.raises(DataError, match="--labels-order"):
        read_as(source)
    assert read_as(source, labels_order="fer")["train/03/a.png"] == ("happy", "train")


def test_days_and_persons_are_no_numbered_classes(tmp_path: Path) -> None:
    for names in ([f"2024/{i:02d}" for i in range(1, 8)], [f"S{i:02d}" for i in range(7)]):
        source = tiles(tmp_path / names[0], *(f"{name}/a.png" for name in names))
        assert {label for label, _ in read_as(source).values()} == {None}


def test_a_joined_tree_keeps_all_labels_and_its_own_split(tmp_path: Path) -> None:
    """Names of JAFFE, CK+ or FER-2013 among others decide over nothing."""
    names = both("SPLIT/CLASS/zz_NUMBER.png", count=8)
    source = tiles(
        tmp_path / "in",
        *names,
        "train/angry/KA.AN1.39.tiff",
        "train/happy/S010_006_00000013.png",
        "test/sad/Training_1234.jpg",
        "test/sad/AF01SAS.JPG",
        "train/sad/train_00003_aligned.jpg",
    )
    read = read_as(source)
    assert len(read) == len(names) + 5
    for name, (label, split) in read.items():
        assert name.split("/")[:2] == [split, label]


def test_data_sets_that_lie_side_by_side_are_read_together(tmp_path: Path) -> None:
    source = tiles(
        tmp_path / "in",
        *(f"FER2013/{name}" for name in both("SPLIT/CLASS/NUMBER.png")),
        *(f"CK+/{name}/NUMBER.png" for name in ("Anger", "Happiness", "Sadness")),
    )
    read = read_as(source)
    assert read["CK+/Anger/NUMBER.png"][0] == "angry"
    assert {split for name, (_, split) in read.items() if "/test/" in name} == {"test"}
    assert len(read) == 15


def test_images_without_a_class_are_left_out_and_told(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", *both("SPLIT/CLASS/NUMBER.png"), "docs/1.png", "docs/2.png")
    told: list[str] = []
    assert len(read_as(source, told=told.append)) == 12
    assert any("reads 12 of 14 images (86%)" in line for line in told)


def test_a_held_out_split_without_classes_is_not_lost(tmp_path: Path) -> None:
    source = tiles(
        tmp_path / "in", *(f"train/{name}/1.png" for name in FACES), "test/1.png", "test/2.png"
    )
    with pytest.raises(DataError, match=r"none of the 2 images of test.*--kind tree.*unlabeled"):
        read_as(source)
    assert len(read_as(source, kind="tree")) == 3
    assert {split for _, split in read_as(source, kind="unlabeled").values()} == {"train", "test"}


def test_one_folder_named_like_an_expression_is_no_data_set(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", "2019/Joy/1.png", "2019/Rome/1.png", "2020/1.png", "Bob/1.png")
    assert {label for label, _ in read_as(source).values()} == {None}


def test_classes_beside_a_photo_library_are_asked_about(tmp_path: Path) -> None:
    source = tiles(
        tmp_path / "in", *(f"lib/{i}.png" for i in range(9)), "x/happy/1.png", "x/sad/1.png"
    )
    with pytest.raises(DataError, match=r"only 2 of 11 images are tree.*--kind unlabeled"):
        read_as(source)


def test_folders_that_may_be_splits_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    names = [
        f"{part}/{c}/{i}.png" for part in ("seen", "unseen") for c in ("happy", "sad") for i in "12"
    ]
    read = read_as(tiles(tmp_path / "in", *names), told=told.append)
    assert {split for _, split in read.values()} == {"train"}
    assert any("2 folders that name no splits (seen, unseen); all become train" in t for t in told)


def test_numbers_below_zero_are_classes_of_their_own(tmp_path: Path) -> None:
    told: list[str] = []
    names = [f"{s}/{n}/{i}.png" for s in ("train", "test") for n in (-1, 0, 1) for i in "12"]
    read = read_as(tiles(tmp_path / "in", *names), told=told.append)
    assert {label for label, _ in read.values()} == {"-1", "0", "1"}
    assert any("own classes -1, 0, 1" in line for line in told)
