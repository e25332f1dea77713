"""RAF-DB: its official layout, Kaggle's folders, and wrong rows."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.source import Options
from asdcfer.data.pack import Pack
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from asdcfer.expressions import (
    RAFDB_LABELS,
)
from tests.data.trees import kind_of, rafdb, save, summary


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
