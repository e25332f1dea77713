"""Trees of folders: by split and class, or by class."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from asdcfer.expressions import (
    EXPRESSIONS,
)
from tests.data.trees import kind_of, save, summary


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


def test_a_misspelt_class_is_named_and_can_be_kept_on_purpose(tmp_path: Path) -> None:
    for name in ("angry", "hapy", "sad"):
        save(tmp_path / "in" / "train" / name / "a.png", len(name))
    with pytest.raises(
        DataError,
        match=(
            r"train/hapy/a.png: unknown label 'hapy'; expected a folder named angry, .* .or "
            r"--own-classes"
        ),
    ):
        prepare(tmp_path / "in", tmp_path / "out")
    assert prepare(tmp_path / "in", tmp_path / "out", Options(own_classes=True)).expressions == (
        "angry",
        "hapy",
        "sad",
    )


def test_a_forced_tree_of_loose_images_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", 1)
    with pytest.raises(
        DataError,
        match=(
            r"holds no SPLIT/CLASS/IMAGE nor CLASS/IMAGE; for images without labels: --kind "
            r"unlabeled"
        ),
    ):
        prepare(tmp_path / "in", tmp_path / "out", kind="tree")
