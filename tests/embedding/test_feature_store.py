"""What was added to a store survives, whatever the moment at which its process ended."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.pack_writing import Skipped
from asdcfer.embedding import feature_store
from asdcfer.embedding.feature_store import FeatureStore
from asdcfer.errors import InputError

WHO = {"model": "a", "splits": ("train",)}


def block(first: int, count: int) -> tuple[np.ndarray, list[dict]]:
    features = np.arange(first * 3, (first + count) * 3, dtype=np.float32).reshape(-1, 3)
    return features, [{"id": f"face {i}", "split": None} for i in range(first, first + count)]


def filled(folder: Path) -> None:
    with FeatureStore(folder, WHO, 3) as store:
        store.add(*block(0, 2), [], inputs=2)
        store.add(*block(2, 1), [Skipped("b.png", "empty file")], inputs=2)
        store.add(*block(3, 4), [], inputs=3)


def content(folder: Path) -> tuple[list[str], list[list[float]], list[Skipped]]:
    with FeatureStore(folder, WHO, 3, resume=True) as store:
        ids = [row["id"] for row in store.rows()]
        features = [one.tolist() for part in store.features() for one in part]
        assert len(ids) == len(features) == store.faces
        assert len(list(store.left_out())) == store.skipped
        return ids, features, list(store.left_out())


def test_what_was_added_comes_back(tmp_path, monkeypatch) -> None:
    filled(tmp_path / "s")
    for at_once in (1, 30, 10_000):
        monkeypatch.setattr(feature_store, "_AT_ONCE", at_once)
        ids, features, skipped = content(tmp_path / "s")
        assert ids == [f"face {i}" for i in range(7)]
        assert features == np.arange(21.0).reshape(7, 3).tolist()
        assert skipped == [Skipped("b.png", "empty file")]


def test_a_kill_at_any_byte_leaves_whole_additions(tmp_path) -> None:
    filled(tmp_path / "s")
    journal = (tmp_path / "s" / "rows.jsonl").read_bytes()
    features = (tmp_path / "s" / "features.f32").read_bytes()
    counts = set()
    shutil.copytree(tmp_path / "s", tmp_path / "cut")
    for cut in (*range(0, len(journal), 5), len(journal)):
        for kept in (0, 30, 36, len(features)):
            (tmp_path / "cut" / "rows.jsonl").write_bytes(journal[:cut])
            (tmp_path / "cut" / "features.f32").write_bytes(features[:kept])
            ids, found, _ = content(tmp_path / "cut")
            assert ids == [f"face {i}" for i in range(len(ids))]
            assert found == np.arange(3.0 * len(ids)).reshape(-1, 3).tolist()
            counts.add(len(ids))
    assert counts == {0, 2, 3, 7}


def test_a_store_goes_on_behind_its_last_addition(tmp_path) -> None:
    filled(tmp_path / "s")
    with open(tmp_path / "s" / "rows.jsonl", "ab") as journal:
        journal.write(b'{"id": "half')
    with FeatureStore(tmp_path / "s", WHO, 3, resume=True) as store:
        assert (store.inputs, store.faces, store.skipped) == (7, 7, 1)
        store.add(*block(7, 1), [], inputs=1)
    assert content(tmp_path / "s")[0] == [f"face {i}" for i in range(8)]


@pytest.mark.parametrize("other", [({"model": "b"}, 3), (WHO, 4)])
def test_other_features_are_not_put_behind_these(tmp_path, other) -> None:
    filled(tmp_path / "s")
    with pytest.raises(InputError, match="another model or other settings"):
        FeatureStore(tmp_path / "s", *other, resume=True)
    assert len(content(tmp_path / "s")[0]) == 7


def test_a_damaged_identity_is_another_one(tmp_path) -> None:
    filled(tmp_path / "s")
    (tmp_path / "s" / "identity.json").write_text("{")
    with pytest.raises(InputError, match="force=True"):
        FeatureStore(tmp_path / "s", WHO, 3, resume=True)


def test_without_resume_it_begins_anew_and_can_be_removed(tmp_path) -> None:
    filled(tmp_path / "s")
    with FeatureStore(tmp_path / "s", WHO, 3) as store:
        assert (store.inputs, list(store.rows()), list(store.features())) == (0, [], [])
    store.delete()
    assert not (tmp_path / "s").exists()


def test_lines_are_json_whatever_the_ids_are(tmp_path) -> None:
    with FeatureStore(tmp_path / "s", WHO, 3) as store:
        store.add(np.zeros((1, 3), np.float32), [{"id": 'a "b"\n\u2028ü'}], [], inputs=1)
        assert [row["id"] for row in store.rows()] == ['a "b"\n\u2028ü']
    lines = (tmp_path / "s" / "rows.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line) for line in lines if line]


def test_a_run_that_was_killed_before_it_had_begun_is_begun_anew(tmp_path):
    (tmp_path / "s").mkdir()
    with FeatureStore(tmp_path / "s", {"model": "a"}, 2, resume=True) as store:
        assert store.inputs == 0
    assert (tmp_path / "s" / "identity.json").is_file()
