"""Finished stages are read again, and only where they were made from the same."""

import numpy as np

from asdcfer.adaptation.stage_store import StageStore


def test_what_is_kept_is_read_again_to_the_bit(tmp_path):
    store = StageStore(tmp_path / "heads", {"seed": 0, "faces": [1, 2]})
    arrays = {"a": np.random.default_rng(0).normal(size=(5, 3)).T, "b": np.array([1.5, 2.5])}
    store.keep("shipped", arrays)
    again = StageStore(tmp_path / "heads", {"faces": [1, 2], "seed": 0}).kept("shipped")
    assert {name: array.tolist() for name, array in again.items()} == {
        name: array.tolist() for name, array in arrays.items()
    }


def test_other_labels_damage_and_nothing_there_count_as_unfinished(tmp_path):
    store = StageStore(tmp_path, {"faces": [1, 2]})
    store.keep("shipped", {"a": np.ones(3)})
    assert StageStore(tmp_path, {"faces": [1, 3]}).kept("shipped") is None
    assert store.kept("adapted") is None
    file = tmp_path / "shipped.safetensors"
    file.write_bytes(file.read_bytes()[:20])
    assert store.kept("shipped") is None
