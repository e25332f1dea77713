"""Folder data sets: layouts, label maps, splits, what is recognized, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets.registry import SOURCES
from asdcfer.data.datasets.source import Options
from asdcfer.data.pack import Pack
from asdcfer.data.prepare_pack import prepare, recognize
from asdcfer.errors import DataError
from asdcfer.expressions import (
    AFFECTNET_LABELS,
    EXPRESSIONS,
    EXPRESSIONS_WITH_CONTEMPT,
    RAFDB_LABELS,
)
from tests.data.trees import CLASSES, contents, face, save


def summary(pack: Pack) -> list[tuple[str, str, str]]:
    """Split, expression and id of every image, in the pack's order."""
    return [
        (str(pack.split[i]), pack.expressions[pack.labels[i]], pack.ids[i])
        for i in range(len(pack))
    ]


def kind_of(path: Path) -> str:
    return recognize(path)[0].kind


def kaggle_fer(root: Path) -> Path:
    for i, name in enumerate(CLASSES):
        save(root / "train" / name / f"Training_{100 + i}.jpg", i)
        save(root / "test" / name / f"PublicTest_{200 + i}.jpg", 10 + i)
        save(root / "test" / name / f"PrivateTest_{300 + i}.jpg", 20 + i)
    return root


def test_kaggle_fer_tells_its_two_test_splits_apart_by_file_name(tmp_path: Path) -> None:
    source = kaggle_fer(tmp_path / "fer")
    assert kind_of(source) == "fer2013_folders"
    pack = prepare(source, tmp_path / "out")
    assert pack.splits == ["train", "public", "private"]
    assert pack.expressions == EXPRESSIONS
    assert len(pack) == 21
    expected = {
        ("train", name, f"train/{name}/Training_{100 + i}.jpg") for i, name in enumerate(CLASSES)
    }
    expected |= {
        ("public", name, f"test/{name}/PublicTest_{200 + i}.jpg") for i, name in enumerate(CLASSES)
    }
    expected |= {
        ("private", name, f"test/{name}/PrivateTest_{300 + i}.jpg")
        for i, name in enumerate(CLASSES)
    }
    assert set(summary(pack)) == expected
    row = pack.ids.index("test/happy/PublicTest_203.jpg")
    assert np.abs(pack.images[row].astype(int) - face(13)).mean() < 4, "pixels belong to their id"


def test_kaggle_fer_inside_the_folder_of_an_archive(tmp_path: Path) -> None:
    kaggle_fer(tmp_path / "archive" / "fer2013")
    (tmp_path / "archive" / "readme.txt").write_text("hello")
    assert kind_of(tmp_path / "archive") == "fer2013_folders"
    assert len(prepare(tmp_path / "archive", tmp_path / "out")) == 21


def test_kaggle_fer_skips_foreign_names_and_refuses_unknown_classes(tmp_path: Path) -> None:
    source = kaggle_fer(tmp_path / "fer")
    save(source / "train" / "happy" / "holiday.jpg", 50)
    pack = prepare(source, tmp_path / "out")
    assert [s["source_id"] for s in pack.info["skipped"]] == ["train/happy/holiday.jpg"]
    assert len(pack) == 21
    save(source / "train" / "hapy" / "Training_1.jpg", 51)
    with pytest.raises(
        DataError,
        match=(
            r"train/hapy/Training_1.jpg: unknown label 'hapy'; expected a folder named angry, "
            r"disgust"
        ),
    ):
        prepare(source, tmp_path / "out")


def rafdb(root: Path) -> Path:
    lines = []
    for i in range(14):
        split = "train" if i < 7 else "test"
        save(root / "Image" / "aligned" / f"{split}_{i:05d}_aligned.jpg", i, (100, 100, 3))
        lines.append(f"{split}_{i:05d}.jpg {i % 7 + 1}")
    (root / "EmoLabel").mkdir()
    (root / "EmoLabel" / "list_patition_label.txt").write_text("\n".join(lines) + "\n")
    return root


@pytest.mark.parametrize("below", ["", "basic"])
def test_rafdb_official_layout(tmp_path: Path, below: str) -> None:
    rafdb(tmp_path / "raf" / below)
    assert kind_of(tmp_path / "raf") == "rafdb"
    pack = prepare(tmp_path / "raf", tmp_path / "out", Options(size=100, color=True))
    assert pack.images.shape == (14, 100, 100, 3)
    assert pack.splits == ["train", "test"]
    names = ["surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"]
    assert {(s, e, i) for s, e, i in summary(pack)} == {
        ("train" if i < 7 else "test", names[i % 7], f"{'train' if i < 7 else 'test'}_{i:05d}.jpg")
        for i in range(14)
    }


def test_rafdb_kaggle_folders(tmp_path: Path) -> None:
    for i in range(14):
        split = "train" if i < 7 else "test"
        save(
            tmp_path / "raf" / "DATASET" / split / str(i % 7 + 1) / f"{split}_{i:05d}_aligned.jpg",
            i,
            (100, 100, 3),
        )
    (tmp_path / "raf" / "train_labels.csv").write_text("image,label\n")
    assert kind_of(tmp_path / "raf") == "rafdb"
    pack = prepare(tmp_path / "raf", tmp_path / "out")
    assert [(s, e) for s, e, _ in summary(pack)] == [
        (s, RAFDB_LABELS[k]) for s in ("train", "test") for k in range(1, 8)
    ]


def test_rafdb_lists_what_is_missing_and_refuses_wrong_rows(tmp_path: Path) -> None:
    root = rafdb(tmp_path / "raf")
    (root / "Image" / "aligned" / "train_00003_aligned.jpg").unlink()
    pack = prepare(root, tmp_path / "out")
    assert len(pack) == 13
    assert pack.info["skipped"] == [
        {
            "source_id": "train_00003.jpg",
            "reason": "missing: train_00003_aligned.jpg is not in Image/aligned",
        }
    ]
    table = root / "EmoLabel" / "list_patition_label.txt"
    good = table.read_text()
    for bad, message in {
        "train_00001.jpg 8": "row 2: unknown label '8'; expected 1 surprise, 2 fear",
        "train_00001.jpg": "row 2: 'train_00001.jpg'; expected a name and a label",
        "photo.jpg 3": "row 2: 'photo.jpg 3'; expected a name and a label",
    }.items():
        table.write_text(good.replace("train_00001.jpg 2", bad))
        with pytest.raises(DataError, match=f"^{table}, {message}"):
            prepare(root, tmp_path / "out")
    table.write_text(good)
    for image in (root / "Image" / "aligned").iterdir():
        image.unlink()
    (root / "Image" / "aligned").rmdir()
    with pytest.raises(DataError, match=r"no folder Image/aligned; unpack aligned.zip there"):
        prepare(root, tmp_path / "out")
    assert len(prepare_existing(tmp_path / "out")) == 13, "the earlier pack is untouched"


def prepare_existing(path: Path) -> Pack:
    from asdcfer.data.pack import load_pack

    return load_pack(path)


def test_affectnet_official_folders(tmp_path: Path) -> None:
    for split in ("train_set", "val_set"):
        for i in range(8):
            save(tmp_path / "an" / split / "images" / f"{i}.jpg", i, (60, 60, 3))
            (tmp_path / "an" / split / "annotations").mkdir(parents=True, exist_ok=True)
            np.save(tmp_path / "an" / split / "annotations" / f"{i}_exp.npy", np.array(str(i)))
    assert kind_of(tmp_path / "an") == "affectnet"
    pack = prepare(tmp_path / "an", tmp_path / "out")
    assert pack.expressions == EXPRESSIONS_WITH_CONTEMPT
    assert pack.info["skipped"] == []
    assert summary(pack) == [
        (s, AFFECTNET_LABELS[i], f"{s}_set/images/{i}.jpg")
        for s in ("train", "val")
        for i in range(8)
    ]
    seven = prepare(tmp_path / "an", tmp_path / "seven", Options(expressions=7))
    assert seven.expressions == EXPRESSIONS
    assert len(seven) == 14
    assert seven.info["skipped"][0] == {
        "source_id": "train_set/images/7.jpg",
        "reason": "outside the 7 expressions (contempt)",
    }
    np.save(tmp_path / "an" / "val_set" / "annotations" / "3_exp.npy", np.array("9"))
    with pytest.raises(DataError, match=r"3_exp.npy: unknown label '9'; expected 0 neutral"):
        prepare(tmp_path / "an", tmp_path / "out")
    (tmp_path / "an" / "val_set" / "annotations" / "3_exp.npy").write_bytes(b"\x80\x04pickle")
    with pytest.raises(DataError, match=r"3_exp.npy cannot be read as an annotation"):
        prepare(tmp_path / "an", tmp_path / "out")


def test_affectnet_numbered_folders(tmp_path: Path) -> None:
    for i in range(8):
        save(tmp_path / "an" / "train" / str(i) / f"image{i}.png", i)
    assert kind_of(tmp_path / "an") == "affectnet"
    assert [e for _, e, _ in summary(prepare(tmp_path / "an", tmp_path / "out"))] == list(
        AFFECTNET_LABELS.values()
    )
    save(tmp_path / "an" / "train" / "8" / "image.png", 9)
    with pytest.raises(DataError, match=r"unknown label '8'; expected a folder named 0 neutral"):
        prepare(tmp_path / "an", tmp_path / "out", kind="affectnet")


def test_ckplus_divides_by_subject(tmp_path: Path) -> None:
    folders = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")
    for subject in range(10):
        for frame in (1, 2):
            save(
                tmp_path / "CK+48" / folders[subject % 7] / f"S{subject:03d}_001_{frame:08d}.png",
                10 * subject + frame,
            )
    assert kind_of(tmp_path / "CK+48") == "ckplus"
    pack = prepare(tmp_path / "CK+48", tmp_path / "out")
    assert pack.expressions == EXPRESSIONS_WITH_CONTEMPT
    assert len(pack) == 20
    subjects = {
        split: {i.split("/")[1][:4] for s, _, i in summary(pack) if s == split}
        for split in ("train", "test")
    }
    assert subjects["test"] == {"S004", "S009"}
    assert not subjects["train"] & subjects["test"]
    labels = {i.split("/")[0]: e for _, e, i in summary(pack)}
    assert labels == dict(
        zip(
            folders,
            ("angry", "contempt", "disgust", "fear", "happy", "sad", "surprise"),
            strict=True,
        )
    )
    assert (
        prepare(tmp_path / "CK+48", tmp_path / "out", Options(expressions=7)).expressions
        == EXPRESSIONS
    )


def test_jaffe_reads_names_and_tiff(tmp_path: Path) -> None:
    codes = {
        "AN": "angry",
        "DI": "disgust",
        "FE": "fear",
        "HA": "happy",
        "SA": "sad",
        "SU": "surprise",
        "NE": "neutral",
    }
    for k, subject in enumerate(("KA", "KL", "KM", "KR", "MK")):
        for j, code in enumerate(codes):
            save(tmp_path / "jaffe" / f"{subject}.{code}1.{10 * k + j}.tiff", 10 * k + j, (64, 64))
    (tmp_path / "jaffe" / "README").write_text("words")
    assert kind_of(tmp_path / "jaffe") == "jaffe"
    pack = prepare(tmp_path / "jaffe", tmp_path / "out")
    assert len(pack) == 35
    assert {e for _, e, _ in summary(pack)} == set(codes.values())
    assert all(
        e == codes[i.split(".")[1][:2]] and (s == "test") == i.startswith("MK")
        for s, e, i in summary(pack)
    )
    save(tmp_path / "jaffe" / "KA.XX1.99.tiff", 99)
    with pytest.raises(
        DataError, match=r"KA.XX1.99.tiff: unknown label 'XX' in the file name; expected AN angry"
    ):
        prepare(tmp_path / "jaffe", tmp_path / "out")


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


@pytest.mark.parametrize("make", [kaggle_fer, rafdb])
def test_folders_give_the_same_bytes_wherever_they_lie(tmp_path: Path, make) -> None:
    (tmp_path / "b").mkdir()
    prepare(make(tmp_path / "a" / "x"), tmp_path / "one")
    prepare(make(tmp_path / "b" / "y"), tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_label_belongs_to_the_first_face_that_is_found(tmp_path: Path) -> None:
    source = kaggle_fer(tmp_path / "fer")
    pack = prepare(
        source, tmp_path / "out", Options(crop=lambda image: [image[:24, :24], image[24:, 24:]])
    )
    assert len(pack) == 21
    assert pack.info["source"]["detected"] is True
    unlabeled = prepare(
        source,
        tmp_path / "out",
        Options(crop=lambda image: [image[:24, :24], image[24:, 24:]]),
        kind="unlabeled",
    )
    assert len(unlabeled) == 42
    assert unlabeled.ids[1] == unlabeled.ids[0] + "#2"


def test_a_file_where_a_folder_belongs_and_the_reverse(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for kind in SOURCES:
        with pytest.raises(DataError, match=str(tmp_path)):
            prepare(tmp_path / "file", tmp_path / "out", kind=kind)
    (tmp_path / "empty").mkdir()
    for kind in ("auto", *SOURCES):
        with pytest.raises(DataError):
            prepare(tmp_path / "empty", tmp_path / "out", kind=kind)
    assert not (tmp_path / "out").exists()


def test_what_prepare_refuses_before_it_starts(tmp_path: Path) -> None:
    source = kaggle_fer(tmp_path / "fer")
    for arguments, message in (
        ({"size": 4}, "size 4: expected 8 to 1024"),
        ({"expressions": 6}, "expressions 6: expected 7 or 8"),
        ({"max_pixels": 0}, "max_pixels 0"),
    ):
        with pytest.raises(DataError, match=message):
            prepare(source, tmp_path / "out", Options(**arguments))
    with pytest.raises(DataError, match="unknown kind 'imagenet'; expected auto, fer2013"):
        prepare(source, tmp_path / "out", kind="imagenet")
    with pytest.raises(DataError, match=r"there is nothing at"):
        prepare(tmp_path / "nowhere", tmp_path / "out")
    prepare(source, tmp_path / "out")
    with pytest.raises(DataError, match=r"is a pack already"):
        prepare(tmp_path / "out", tmp_path / "again")
    with pytest.raises(DataError, match=r"exists and is not a pack"):
        prepare(source, source)
