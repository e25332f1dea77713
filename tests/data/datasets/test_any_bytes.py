"""Whatever bytes lists, label files and votes hold: a plan comes out, or one line of refusal.

The files that were read stay as they were.
"""

import json
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.data.datasets.ferplus import read_votes
from asdcfer.data.datasets.label_orders import read_classes
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.list_table import read_table
from asdcfer.data.datasets.registry import SOURCES, source_of
from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare, recognize
from asdcfer.errors import AsdcferError, DataError
from tests.data.trees import contents, fer_csv, fer_rows, tiles, votes_csv
from tests.fuzzing import cases, damaged, refusing

IMAGES = ("train/a.png", "train/b.png", "test/c.png")
COCO = {
    "images": [{"id": i, "file_name": name} for i, name in enumerate(IMAGES)],
    "categories": [{"id": 1, "name": "happy"}],
    "annotations": [{"image_id": i, "category_id": 1, "bbox": [0, 0, 4, 4]} for i in range(3)],
}
LABELS = {
    "labels.csv": b"path,label,split,x,y,w,h\ntrain/a.png,sad,train,0,0,4,4\ntrain/b.png,3,,,,,\n",
    "labels.tsv": b"image\temotion\tvalence\ntrain\\a.png\tsad\t0.5\ntest/c.png\t\t-2\n",
    "train.txt": b"train/a.png 3\ntrain/b.png 4\n",
    "metadata.jsonl": b'{"file_name": "train/a.png", "label": "sad"}\n{"file_name": "b.png"}\n',
    "splits.json": b'{"train": [{"image": "a.png", "emotion": "sad"}], "test": []}',
    "columns.json": b'{"path": {"0": "a.png", "1": "b.png"}, "label": {"0": "sad", "1": "happy"}}',
    "windows.csv": "path;label\ntrain/a.png;d\u00e9go\u00fbt\n".encode("cp1252"),
    "wide.csv": "path,label,is_train\ntrain/a.png,sad,1\n".encode("utf-16"),
    "list.json": b'{"train/a.png": "happy", "train/b.png": 3}',
    "coco.json": json.dumps(COCO).encode(),
    "train/a.txt": b"0 0.5 0.5 0.5 0.5\n1 0.1 0.1 0.9 0.1 0.5 0.9\n",
    "data.yaml": b"names: [happy, sad]\n",
    "classes.txt": b"happy\nsad\n",
    "train/label.csv": b'a.png,"(0, 0, 48, 48)",0,9,0,0,0,0,0,0,1,0\n',
    "EmoLabel/list_patition_label.txt": b"train_00001.jpg 5\ntest_00001.jpg 1\n",
    "S005_001_00000002_emotion.txt": b"   3.0000000e+00\n",
}
TABLES = {
    "fer2013.csv": fer_csv(fer_rows(2)).encode(),
    "ckextended.csv": fer_csv([(7, np.zeros((48, 48), np.uint8), "Training")]).encode(),
    "fer2013new.csv": votes_csv([[10] + [0] * 9] * 2, ["Training"] * 2).encode(),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("any") / "in"
    tiles(root, *IMAGES, "S005_001_00000001.png", "S005_001_00000002.png")
    return root


@pytest.fixture(autouse=True)
def bounded():
    """Half a gigabyte more than before is too much for files of a few kilobytes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


def explained(path: Path, kind: str) -> None:
    """Let the sources explain a path, and one of them read it."""
    with refusing(DataError):
        recognize(path)
    with refusing(DataError):
        source_of(kind).read(Layout(path), Options(labels_order="fer"))


@pytest.mark.fuzz
@cases(250)
@given(data=st.data())
def test_damaged_labels_beside_images(folder: Path, data: st.DataObject) -> None:
    name, raw = data.draw(damaged(LABELS))
    kind = data.draw(st.sampled_from(list(SOURCES)))
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(raw)
    try:
        explained(folder, kind)
        assert file.read_bytes() == raw
    finally:
        file.unlink()


@pytest.mark.fuzz
@cases(150)
@given(raw=st.binary(max_size=200), name=st.sampled_from(sorted(LABELS)))
def test_any_bytes_as_labels(folder: Path, raw: bytes, name: str) -> None:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(raw)
    try:
        with refusing(DataError):
            recognize(folder)
        with refusing(DataError):
            read_table(file)
        assert isinstance(read_classes(file), dict)
    finally:
        file.unlink()


@pytest.mark.fuzz
@cases(100)
@given(
    cells=st.lists(
        st.lists(
            st.one_of(
                st.sampled_from(
                    ["path", "label", "train/a.png", "b", "happy", "3", "nan", "1e999"]
                ),
                st.text(max_size=8),
            ),
            max_size=5,
        ),
        max_size=6,
    ),
    sign=st.sampled_from([",", ";", "\t", " "]),
    whole=st.booleans(),
)
def test_tables_of_any_words(folder: Path, cells: list[list[str]], sign: str, whole: bool) -> None:
    file = folder / "words.csv"
    file.write_text("\n".join(sign.join(row) for row in cells), "utf-8", errors="replace")
    try:
        explained(folder if whole else file, "list")
    finally:
        file.unlink()


@pytest.mark.fuzz
@cases(150)
@given(data=st.data())
def test_damaged_tables_of_pixels_and_votes(folder: Path, data: st.DataObject) -> None:
    name, raw = data.draw(damaged(TABLES))
    file = folder.parent / name
    file.write_bytes(raw)
    try:
        with refusing(DataError):
            votes, _, named = read_votes(file)
            assert len(votes) == len(named)
        for kind in ("auto", "fer2013", "list"):
            with refusing(AsdcferError):
                pack = prepare(file, folder.parent / "out", Options(size=8), kind=kind)
                assert len(pack) > 0
        assert file.read_bytes() == raw
    finally:
        file.unlink()
        shutil.rmtree(folder.parent / "out", ignore_errors=True)
    assert [path.name for path in folder.parent.iterdir()] == ["in"]


@pytest.mark.fuzz
@cases(30)
@given(data=st.data())
def test_nothing_outside_the_pack_is_touched(folder: Path, data: st.DataObject) -> None:
    name, raw = data.draw(damaged(LABELS))
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(raw)
    before = contents(folder)
    try:
        with refusing(AsdcferError):
            prepare(folder, folder.parent / "out", Options(size=8, labels_order="fer"))
        assert contents(folder) == before
    finally:
        (folder / name).unlink()
        shutil.rmtree(folder.parent / "out", ignore_errors=True)


@pytest.mark.fuzz
@cases(60)
@given(
    parts=st.lists(
        st.lists(
            st.sampled_from(
                ["train", "test", "happy", "hapy", "sad", "0", "1", "x", "images", "joie", "S01"]
            ),
            max_size=4,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_folders_in_any_order_lose_no_image_unseen(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[str]]
) -> None:
    """Each image is read, or named among what was skipped."""
    root = tmp_path_factory.mktemp("tree")
    try:
        names = {"/".join([*folder, f"{i}.png"]) for i, folder in enumerate(parts)}
        tiles(root / "in", *names)
        with refusing(DataError):
            pack = prepare(root / "in", root / "out", Options(size=8))
            skipped = [entry["source_id"] for entry in pack.info["skipped"]]
            assert len(pack) + len(skipped) == len(names)
    finally:
        shutil.rmtree(root)
