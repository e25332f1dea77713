"""Files of features hold each number to the bit, each id, and what was left out."""

import csv
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.pack_writing import Skipped
from asdcfer.embedding import feature_store
from asdcfer.embedding.feature_files import (
    check_features_path,
    ids_path,
    read_shape,
    skipped_path,
    write_features,
)
from asdcfer.embedding.feature_store import FeatureStore
from asdcfer.errors import AsdcferError, InputError, MissingPackageError

FEATURES = np.random.default_rng(0).normal(size=(10, 5)).astype(np.float32) * 1e-3
ROWS = [{"id": f'a, "{i}".png', "expression": None if i % 3 else "happy"} for i in range(10)]
COLUMNS = ("id", "expression")


@pytest.fixture
def store(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(feature_store, "_AT_ONCE", 60)  # three faces at once
    with FeatureStore(tmp_path / "partial", {}, 5) as store:
        store.add(FEATURES[:7], ROWS[:7], [Skipped("b.png", "empty file")], inputs=8)
        store.add(FEATURES[7:], ROWS[7:], [], inputs=3)
        yield store


def test_numpy_with_a_table_of_ids_beside_it(store, tmp_path) -> None:
    path = tmp_path / "f.npy"
    assert write_features(path, store, COLUMNS) == [path, skipped_path(path), ids_path(path)]
    found = np.load(path, mmap_mode="r")
    assert found.dtype == np.float32
    assert np.array_equal(found, FEATURES)
    rows = list(csv.DictReader(ids_path(path).read_text().splitlines()))
    assert rows == [{**row, "expression": row["expression"] or ""} for row in ROWS]
    assert skipped_path(path).read_text() == "id,reason\nb.png,empty file\n"


def test_csv_gives_every_float_back(store, tmp_path) -> None:
    write_features(tmp_path / "f.csv", store, COLUMNS)
    rows = list(csv.DictReader((tmp_path / "f.csv").read_text().splitlines()))
    assert list(rows[0]) == ["id", "expression", *(f"feature_{i}" for i in range(5))]
    found = np.array([[row[f"feature_{i}"] for i in range(5)] for row in rows], np.float32)
    assert np.array_equal(found, FEATURES)
    assert [row["id"] for row in rows] == [row["id"] for row in ROWS]


def test_parquet_holds_a_list_of_fixed_size(store, tmp_path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_features(tmp_path / "f.parquet", store, COLUMNS)
    table = parquet.read_table(tmp_path / "f.parquet")
    assert str(table.schema.field("feature").type).startswith("fixed_size_list<")
    assert np.array_equal(np.array(table["feature"].to_pylist(), np.float32), FEATURES)
    assert table.select(COLUMNS).to_pylist() == ROWS


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".parquet"])
def test_a_failure_leaves_old_files_as_they_were(store, tmp_path, suffix, monkeypatch) -> None:
    path = tmp_path / f"f{suffix}"
    for file in (path, ids_path(path), skipped_path(path)):
        file.write_text("old")
    before = sorted(tmp_path.iterdir())

    def full(self):
        yield FEATURES[:2]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FeatureStore, "features", full)
    with pytest.raises(AsdcferError, match="No space left"):
        write_features(path, store, COLUMNS)
    assert sorted(tmp_path.iterdir()) == before
    assert {file.read_text() for file in (path, ids_path(path), skipped_path(path))} == {"old"}


def test_nothing_left_out_leaves_no_list_of_it(tmp_path) -> None:
    skipped_path(tmp_path / "f.npy").write_text("of an older run")
    with FeatureStore(tmp_path / "partial", {}, 5) as store:
        store.add(FEATURES, ROWS, [], inputs=10)
        write_features(tmp_path / "f.npy", store, COLUMNS)
    assert not skipped_path(tmp_path / "f.npy").exists()


def test_other_suffixes_and_a_missing_package_are_told(tmp_path, monkeypatch) -> None:
    with pytest.raises(InputError, match=r"must end in \.parquet, \.npy, \.csv"):
        check_features_path(tmp_path / "f.txt")
    monkeypatch.setattr("asdcfer.extras.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"asdcfer\[table\]"):
        check_features_path(tmp_path / "f.parquet")


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".parquet"])
def test_how_many_there_are_is_read_back(store, tmp_path, suffix) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    write_features(tmp_path / f"f{suffix}", store, COLUMNS)
    assert read_shape(tmp_path / f"f{suffix}") == FEATURES.shape
    (tmp_path / f"f{suffix}").write_bytes(b"")
    with pytest.raises(InputError, match="is not a file of features"):
        read_shape(tmp_path / f"f{suffix}")
