"""Trees of tensors and values to safetensors plus JSON and back, never through a pickle."""

import json

import numpy as np
import pytest
import torch

from asdcfer.errors import TrainingError
from asdcfer.training.engine.checkpoint import (
    SafetensorsCheckpointIO,
    checkpoint_path,
    checkpoints,
    keep_newest,
    last_checkpoint,
)

TREE = {
    "weights": {
        "conv": torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last),
        "count": torch.tensor(3),
        "none": torch.zeros(0, 5),
    },
    "optimizer": {
        "state": {0: {"step": torch.tensor(2.0)}, 12: {"buffer": torch.arange(3)}},
        "lr": 0.1 + 0.2,
    },
    "list": [1, "two", None, True, (2.5, [])],
    "numpy": np.arange(4, dtype=np.uint32),
    "scalar": np.float32(0.5),
    "half": torch.ones(2, dtype=torch.bfloat16),
    "large": 2**62 + 1,
}


def same(one, other):
    if isinstance(one, torch.Tensor | np.ndarray):
        one = torch.as_tensor(one)
        return one.equal(other) and one.dtype == other.dtype and one.stride() == other.stride()
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return one == other and (isinstance(one, np.generic) or type(one) is type(other))


def test_everything_comes_back_layout_included(tmp_path):
    io = SafetensorsCheckpointIO()
    io.save_checkpoint(TREE, tmp_path / "a")
    assert same(TREE, io.load_checkpoint(tmp_path / "a"))
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "state.json",
        "state.safetensors",
    ]
    io.save_checkpoint(io.load_checkpoint(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a" / "state.safetensors").read_bytes() == (
        tmp_path / "b" / "state.safetensors"
    ).read_bytes()


def test_tied_weights_are_stored(tmp_path):
    weight = torch.randn(3, 3)
    io = SafetensorsCheckpointIO()
    io.save_checkpoint({"a": weight, "b": weight, "part": weight[1:]}, tmp_path / "a")
    back = io.load_checkpoint(tmp_path / "a")
    assert back["a"].equal(weight)
    assert back["b"].equal(weight)
    assert back["part"].equal(weight[1:])


@pytest.mark.parametrize("value", [object(), {1, 2}, lambda: 0, torch.nn.Linear(2, 2)])
def test_what_would_need_a_pickle_is_refused(tmp_path, value):
    with pytest.raises(TypeError, match=r"cannot hold deep\.thing"):
        SafetensorsCheckpointIO().save_checkpoint({"deep": {"thing": value}}, tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("damage", ["missing", "json", "format", "tensors"])
def test_damage_is_named(tmp_path, damage):
    io, folder = SafetensorsCheckpointIO(), tmp_path / "a"
    io.save_checkpoint(TREE, folder)
    if damage == "missing":
        io.remove_checkpoint(folder)
    elif damage == "json":
        (folder / "state.json").write_text("{")
    elif damage == "format":
        (folder / "state.json").write_text(json.dumps({"format": 99, "tree": {}}))
    else:
        (folder / "state.safetensors").write_bytes(b"PK\x03\x04 a pickle, perhaps")
    with pytest.raises(TrainingError, match="checkpoint"):
        io.load_checkpoint(folder)


def test_the_newest_are_kept_and_half_written_ones_never_count(tmp_path):
    for step in (1, 20, 3):
        SafetensorsCheckpointIO().save_checkpoint({"step": step}, checkpoint_path(tmp_path, step))
    (tmp_path / "step-00000099").mkdir()
    (tmp_path / ".step-00000099.abc.tmp").mkdir()
    assert last_checkpoint(tmp_path) == checkpoint_path(tmp_path, 20)
    keep_newest(tmp_path, 2)
    assert [path.name for path in checkpoints(tmp_path)] == ["step-00000003", "step-00000020"]
    assert not list(tmp_path.glob(".step*"))
    assert last_checkpoint(tmp_path / "nowhere") is None
    keep_newest(tmp_path, 5)
    assert len(checkpoints(tmp_path)) == 2
    keep_newest(tmp_path, 0)
    assert checkpoints(tmp_path) == []
