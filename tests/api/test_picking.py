"""`api.pick`: a folder to label in, what is in it, and how its labels come back."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from asdcfer import api
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import DataError, InputError
from tests.evaluation.standin import toy_encoder, toy_model, toy_pack


@pytest.fixture
def pack(tmp_path):
    """Forty faces in four groups, the first eight of two groups with a label."""
    toy = toy_pack(tmp_path / "toy", {"train": 40}, classes=3)
    items = [
        PackItem(np.asarray(toy.images[i]), f"{i}.png", "train", int(i % 3) if i < 8 else -1)
        for i in range(40)
    ]
    path = write_pack(tmp_path / "pack", items, expressions=toy.expressions, source={"name": "x"})
    return load_pack(path)


def settings(**more) -> api.PickSettings:
    some = {"count": 6, "method": "central", "encoder": toy_encoder(), "device": "cpu"}
    return api.PickSettings(**some | more)


@pytest.mark.parametrize("method", ["central", "typiclust", "kmeans++", "random"])
def test_faces_without_a_label_are_picked_and_written(pack, tmp_path, heard, method):
    picked = api.pick(pack, tmp_path / "to", settings(method=method), progress=heard)
    assert picked.method == method
    assert (picked.among, picked.labeled, len(picked.faces)) == (32, 8, 6)
    assert len({face.row for face in picked.faces}) == 6
    assert all(face.row >= 8 for face in picked.faces)
    for face in picked.faces:
        shown = np.asarray(Image.open(tmp_path / "to" / face.file))
        assert np.array_equal(shown, pack.images[face.row])
        assert face.id == pack.ids[face.row]
    names = {file.name for file in (tmp_path / "to").iterdir()}
    tasks = {"label_studio.json", "label_studio.xml"}
    assert names == {"faces", "sheet.png", "to_label.csv", "picked.json"} | tasks
    assert heard.stages["looking"] == 40


def test_the_filled_list_and_the_export_become_the_same_pack(pack, tmp_path):
    words = settings(model=toy_model(), encoder=None, method="auto")
    picked = api.pick(pack, tmp_path / "to", words)
    assert picked.method == "stratified"
    truth = ["happy", "sad", "angry", "happy", "", "sad"]
    rows = list(csv.DictReader((tmp_path / "to" / "to_label.csv").read_text().splitlines()))
    assert all(row["expression"] == "" and row["suggestion"] for row in rows)
    tasks = json.loads((tmp_path / "to" / "label_studio.json").read_text())
    assert all(task["predictions"] for task in tasks)
    # Nothing is labeled yet, and what a model suggests is no label.
    empty = api.prepare(tmp_path / "to", tmp_path / "e", api.PrepareSettings(kind="list", size=24))
    assert (empty.labels == -1).all()
    for row, label in zip(rows, truth, strict=True):
        row["expression"] = label
    with (tmp_path / "to" / "to_label.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    filled = api.prepare(tmp_path / "to", tmp_path / "a", api.PrepareSettings(size=24))
    api.pick(pack, tmp_path / "two", words)
    for number, (task, label) in enumerate(zip(tasks, truth, strict=True), 1):
        result = [{"type": "choices", "value": {"choices": [label]}}] if label else []
        task |= {"id": number, "annotations": [{"result": result, "was_cancelled": not label}]}
    (tmp_path / "two" / "project-1-at-2026.json").write_text(json.dumps(tasks))
    exported = api.prepare(tmp_path / "two", tmp_path / "b", api.PrepareSettings(size=24))
    for made in (filled, exported):
        said = [made.expressions[label] if label >= 0 else "" for label in made.labels]
        assert said == truth
        assert made.ids == [face.file for face in picked.faces]
        assert np.array_equal(made.images, pack.images[[face.row for face in picked.faces]])
        # What was picked and how is no list of faces.
        assert not [one for one in made.info["skipped"] if "missing" in one["reason"]]


@pytest.mark.slow
def test_without_a_model_the_shipped_one_divides_the_faces_and_suggests_nothing(pack, tmp_path):
    picked = api.pick(pack, tmp_path / "to", settings(method="auto", encoder="nano"))
    assert (picked.method, len({face.row for face in picked.faces})) == ("stratified", 6)
    assert all(face.suggestion is None for face in picked.faces)
    about = json.loads((tmp_path / "to" / "picked.json").read_text())
    assert about["expressions"] == list(pack.expressions)
    tasks = json.loads((tmp_path / "to" / "label_studio.json").read_text())
    assert not any("predictions" in task for task in tasks)


def test_the_same_seed_gives_the_same_faces_and_more_are_all(pack, tmp_path):
    first = api.pick(pack, tmp_path / "a", settings(method="kmeans++"))
    again = api.pick(pack, tmp_path / "b", settings(method="kmeans++"))
    other = api.pick(pack, tmp_path / "c", settings(method="kmeans++", seed=1))
    assert first.faces == again.faces != other.faces
    every = api.pick(pack, tmp_path / "d", settings(count=1000))
    assert sorted(face.row for face in every.faces) == list(range(8, 40))


def test_what_is_in_the_way_stays(pack, tmp_path):
    api.pick(pack, tmp_path / "to", settings(count=2))
    with pytest.raises(InputError, match="force=True"):
        api.pick(pack, tmp_path / "to", settings())
    assert len(list((tmp_path / "to" / "faces").iterdir())) == 2
    api.pick(pack, tmp_path / "to", settings(force=True))
    assert len(list((tmp_path / "to" / "faces").iterdir())) == 6
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("a")
    with pytest.raises(InputError, match="not made by `asdcfer pick`"):
        api.pick(pack, tmp_path / "mine", settings(force=True))
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_what_was_picked_before_is_not_picked_again(pack, tmp_path):
    first = api.pick(pack, tmp_path / "a", settings(count=12))
    second = api.pick(pack, tmp_path / "b", settings(count=50, after=[tmp_path / "a"]))
    assert sorted(f.row for f in [*first.faces, *second.faces]) == list(range(8, 40))
    with pytest.raises(DataError, match="has a label or was picked"):
        api.pick(pack, tmp_path / "c", settings(after=[tmp_path / "a", tmp_path / "b"]))
    with pytest.raises(DataError, match=r"to_label\.csv in it cannot be read"):
        api.pick(pack, tmp_path / "c", settings(after=[tmp_path]))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"count": 0}, "count 0"),
        ({"method": "best"}, "unknown method 'best'; choose auto, stratified"),
        ({"method": "uncertain"}, "needs `model`"),
        ({"among": "labeled"}, "expected unlabeled or all"),
        ({"splits": ["test"]}, "no split 'test'"),
    ],
)
def test_bad_input_is_told_in_a_line(pack, tmp_path, more, told):
    with pytest.raises(DataError, match=told):
        api.pick(pack, tmp_path / "to", settings(**more))
    assert not (tmp_path / "to").exists()


def test_a_pack_whose_faces_all_have_labels_is_told(few, tmp_path):
    with pytest.raises(DataError, match=r'every face of .* has a label; .*`among="all"`'):
        api.pick(few, tmp_path / "to", settings())
