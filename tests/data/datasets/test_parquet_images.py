"""Parquet files with images in them: as `datasets` writes them, and as others do."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare, recognize
from asdcfer.errors import DataError, MissingPackageError
from tests.data.trees import face, save
from tests.factories import Heard

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

NAMES = ["anger", "happiness", "neutral"]


def png(seed: int, shape: tuple[int, ...] = (48, 48)) -> bytes:
    data = io.BytesIO()
    Image.fromarray(face(seed, shape)).save(data, "PNG")
    return data.getvalue()


def write(path: Path, seeds, labels=None, names=None, image="image", **columns) -> Path:
    """Write images of seeds in the form of Hugging Face's `datasets`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [
        {"bytes": png(seed) if seed is not None else None, "path": f"{seed}.png"} for seed in seeds
    ]
    kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    table = {image: pyarrow.array(cells, kind)}
    if labels is not None:
        table["label"] = pyarrow.array(labels)
    made = pyarrow.table(table | {name: pyarrow.array(cell) for name, cell in columns.items()})
    if names is not None:
        features = {"label": {"names": names, "_type": "ClassLabel"}, "image": {"_type": "Image"}}
        about = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
        made = made.replace_schema_metadata(about)
    parquet.write_table(made, path, row_group_size=3)
    return path


def hugging_face(folder: Path) -> Path:
    write(folder / "data" / "train-00000-of-00002.parquet", range(5), [0, 1, 2, 0, -1], NAMES)
    write(folder / "data" / "train-00001-of-00002.parquet", range(5, 8), [1, 1, 2], NAMES)
    write(folder / "data" / "test-00000-of-00001.parquet", range(8, 10), [2, 0], NAMES)
    (folder / "README.md").write_text("about it")
    return folder


def test_splits_and_named_labels_of_a_folder(tmp_path) -> None:
    pack = prepare(hugging_face(tmp_path / "hf"), tmp_path / "pack")
    assert pack.info["source"]["kind"] == "parquet"
    # In the order of the files' names.
    seeds = [8, 9, 0, 1, 2, 3, 4, 5, 6, 7]
    assert np.array_equal(pack.images, np.stack([face(seed) for seed in seeds]))
    assert pack.split.tolist() == ["test"] * 2 + ["train"] * 8
    said = [pack.expressions[label] if label >= 0 else None for label in pack.labels]
    first = ["neutral", "angry", "angry", "happy", "neutral", "angry", None]
    assert said == [*first, "happy", "happy", "neutral"]
    assert pack.ids[2] == "train-00000-of-00002/1"
    assert len(set(pack.ids)) == 10


def test_one_file_with_words_and_persons(tmp_path) -> None:
    labels, people = ["happy", "sad", "", "happy"], ["a", "a", "b", "b"]
    file = write(
        tmp_path / "f.parquet", range(4), labels, subject=people, split=["train", "test"] * 2
    )
    pack = prepare(file, tmp_path / "pack")
    assert pack.more["group"] == people
    assert pack.split.tolist() == ["train", "test"] * 2
    assert [pack.labels[2], pack.expressions[pack.labels[1]]] == [-1, "sad"]


def test_a_column_of_bytes_and_columns_as_the_user_says(tmp_path) -> None:
    table = pyarrow.table({"picture": [png(1), png(2)], "thumb": [png(3), png(4)], "x": ["a", "b"]})
    parquet.write_table(table, tmp_path / "f.parquet")
    options = Options(columns={"path": "thumb", "label": "x"}, own_classes=True)
    pack = prepare(tmp_path / "f.parquet", tmp_path / "pack", options)
    assert np.array_equal(pack.images, np.stack([face(3), face(4)]))
    assert pack.expressions == ("a", "b")
    with pytest.raises(DataError, match="holds images in picture, thumb"):
        prepare(tmp_path / "f.parquet", tmp_path / "p", Options(columns={"path": "x"}))


def test_numbers_without_names_are_asked_about(tmp_path) -> None:
    file = write(tmp_path / "f.parquet", range(3), [0, 1, 2])
    with pytest.raises(DataError, match="say which order"):
        recognize(file)
    pack = prepare(file, tmp_path / "pack", Options(labels_order="fer"))
    assert [pack.expressions[label] for label in pack.labels] == ["angry", "disgust", "fear"]


def test_what_is_no_image_is_told_and_nothing_else_is_lost(tmp_path) -> None:
    folder = tmp_path / "hf"
    write(folder / "train.parquet", [0, None, 2], [0, 1, 2], NAMES)
    table = parquet.read_table(folder / "train.parquet")
    cells = table["image"].to_pylist()
    cells[2]["bytes"] = b"no picture"
    changed = table.set_column(0, "image", pyarrow.array(cells, table.schema.field("image").type))
    parquet.write_table(changed, folder / "train.parquet")
    pack = prepare(folder, tmp_path / "pack")
    assert len(pack) == 1
    told = {one["source_id"]: one["reason"] for one in pack.info["skipped"]}
    assert told == {"train/2": "no bytes of an image", "train/3": "not an image"}


def test_images_without_an_expression_are_counted_and_an_unread_file_is_told(tmp_path) -> None:
    folder = tmp_path / "in"
    write(folder / "a.parquet", range(4), ["happy", "unknown", "", "nf"])
    heard = Heard()
    pack = prepare(folder, tmp_path / "pack", progress=heard)
    assert [int(label) for label in pack.labels] == [3, -1]
    told = "2 images are left out for their label (unknown, nf)"
    assert any(told in line for line in heard.lines)
    (folder / "b.parquet").write_bytes(b"PAR1 and no more")
    for kind in ("auto", "parquet"):
        with pytest.raises(DataError, match=r"b.parquet cannot be read as Parquet"):
            prepare(folder, tmp_path / "pack", kind=kind)
    (folder / "a.parquet").unlink()
    with pytest.raises(DataError, match=r"b.parquet cannot be read as Parquet"):
        prepare(folder, tmp_path / "pack")


def test_faces_are_found_in_photos(tmp_path) -> None:
    file = write(tmp_path / "f.parquet", range(2), ["happy", ""])

    def halves(image: np.ndarray) -> list[np.ndarray]:
        return [image[:24, :24], image[24:, 24:]]

    pack = prepare(file, tmp_path / "pack", Options(size=24, crop=halves))
    assert pack.ids == ["f/1", "f/2", "f/2#2"]


@pytest.mark.parametrize("kind", ["auto", "parquet"])
def test_a_damaged_file_is_told_in_a_line(tmp_path, kind) -> None:
    (tmp_path / "f.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"f\.parquet cannot be read as Parquet") as caught:
        prepare(tmp_path / "f.parquet", tmp_path / "pack", kind=kind)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "pack").exists()


def test_other_tables_beside_images_are_passed_over(tmp_path) -> None:
    for seed in range(3):
        save(tmp_path / "faces" / "happy" / f"{seed}.png", seed)
    parquet.write_table(pyarrow.table({"id": [1]}), tmp_path / "faces" / "features.parquet")
    assert recognize(tmp_path / "faces").source.kind == "tree"
    with pytest.raises(DataError, match="no Parquet file with images"):
        prepare(tmp_path / "faces", tmp_path / "pack", kind="parquet")


def test_without_pyarrow_a_line_says_what_is_missing(tmp_path, monkeypatch) -> None:
    file = write(tmp_path / "hf" / "train.parquet", range(2), [0, 1], NAMES)
    monkeypatch.setattr("asdcfer.extras.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"asdcfer\[table\]"):
        recognize(file)
    save(tmp_path / "hf" / "happy" / "a.png", 0)
    assert recognize(tmp_path / "hf").source.kind == "tree"
