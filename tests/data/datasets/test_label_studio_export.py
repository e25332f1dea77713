"""Exports of Label Studio are lists of images: what people chose, and nothing that models said."""

import json
from pathlib import Path

import pytest

from asdcfer.data.datasets.label_studio_export import is_label_studio, rows_of_tasks
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from tests.data.trees import save


def annotation(*choices: str, **more) -> dict:
    part = {"type": "choices", "from_name": "e", "value": {"choices": list(choices)}}
    return {"id": 7, "result": [part], **more}


def task(image: str, *annotations: dict, **data) -> dict:
    said = [{"result": annotation("fear")["result"], "score": 0.9}]
    return {"id": 3, "data": {"image": image, **data}, "annotations": [*annotations]} | {
        "predictions": said
    }


@pytest.mark.parametrize(
    ("annotations", "labels"),
    [
        ([], [None]),
        ([annotation("happy")], ["happy"]),
        ([annotation("happy", was_cancelled=True)], [None]),
        ([annotation("sad"), annotation("happy"), annotation("sad")], ["sad"]),
        ([annotation("sad"), annotation("happy", was_cancelled=True)], ["sad"]),
        ([annotation("sad"), annotation("happy")], ["sad", "happy"]),
        ([annotation("sad", "happy")], [None]),
        ([{"result": []}], [None]),
        ([{"result": [{"value": {"text": ["a"]}}, {"value": {"choices": ["sad"]}}]}], ["sad"]),
        (["odd", {"result": ["odd"]}], [None]),
    ],
)
def test_what_annotators_chose(annotations, labels) -> None:
    rows = rows_of_tasks([task("a.png", *annotations)])
    assert [row.get("label") for row in rows] == labels
    assert {row["path"] for row in rows} == {"a.png"}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"image": "/data/local-files/?d=faces%2Fa.png"}, "faces/a.png"),
        ({"image": "/data/upload/12/0123abcd-my_face.png"}, "my_face.png"),
        ({"image": "https://host/x/a%20b.png"}, "/x/a b.png"),
        ({"image": "data:image/png;base64,AAAA", "file": "faces/0001.png"}, "faces/0001.png"),
        ({"image": "data:image/png;base64,AAAA"}, ""),
        ({"photo": "a.png", "age": 3}, "a.png"),
    ],
)
def test_where_pictures_are(data, path) -> None:
    assert rows_of_tasks([{"data": data, "annotations": []}])[0]["path"] == path


def test_what_comes_along_stays_and_suggestions_do_not() -> None:
    data = {"file": "a.png", "split": "train", "suggestion": "sad", "confidence": 0.5, "label": "x"}
    rows = rows_of_tasks([{"data": data, "annotations": [annotation("happy")]}])
    assert rows == [{"path": "a.png", "split": "train", "label": "happy"}]


def test_other_lists_are_none() -> None:
    assert not is_label_studio([])
    assert not is_label_studio({"data": {}})
    assert not is_label_studio([{"data": "a.png", "annotations": []}])
    assert is_label_studio([task("a.png")])


@pytest.mark.parametrize("beside", [True, False])
def test_prepare_reads_an_export(tmp_path: Path, beside) -> None:
    folder = tmp_path / "faces"
    for seed, name in enumerate("abcd"):
        save(folder / "pictures" / f"{name}.png", seed)
    tasks = [
        task("/data/upload/1/0123abcd-a.png", annotation("happy")),
        task("/data/local-files/?d=pictures/b.png", annotation("sad"), subject="ann"),
        task("pictures/c.png"),
    ]
    file = folder / "project-1.json"
    file.write_text(json.dumps(tasks))
    pack = prepare(folder if beside else file, tmp_path / "pack")
    said = dict(zip(pack.ids, pack.labels.tolist(), strict=True))
    names = {name: pack.expressions[label] if label >= 0 else None for name, label in said.items()}
    assert names == {"pictures/a.png": "happy", "pictures/b.png": "sad", "pictures/c.png": None}
    assert pack.more["group"][pack.ids.index("pictures/b.png")] == "ann"


@pytest.mark.parametrize("form", ["csv", "json-min"])
def test_the_shorter_exports_are_lists_too(tmp_path, form) -> None:
    for seed, name in enumerate("ab"):
        save(tmp_path / "faces" / f"{name}.png", seed)
    rows = [
        {"image": f"/data/upload/1/0123abcd-{n}.png", "file": f"{n}.png", "id": i, "expression": e}
        for i, (n, e) in enumerate([("a", "happy"), ("b", "sad")], 1)
    ]
    if form == "json-min":
        (tmp_path / "faces" / "export.json").write_text(json.dumps(rows))
    else:
        lines = [",".join(map(str, row.values())) for row in rows]
        (tmp_path / "faces" / "export.csv").write_text("\n".join([",".join(rows[0]), *lines]))
    pack = prepare(tmp_path / "faces", tmp_path / "pack")
    assert [pack.expressions[label] for label in pack.labels] == ["happy", "sad"]


def test_two_people_who_differ_are_told(tmp_path) -> None:
    save(tmp_path / "faces" / "a.png", 0)
    tasks = [task("a.png", annotation("happy"), annotation("sad"))]
    (tmp_path / "faces" / "export.json").write_text(json.dumps(tasks))
    with pytest.raises(DataError, match="strike one of the two"):
        prepare(tmp_path / "faces", tmp_path / "pack")
