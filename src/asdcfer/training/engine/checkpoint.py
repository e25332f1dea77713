"""Checkpoints without pickles: a tree of tensors and plain values as safetensors plus JSON.

A checkpoint is a folder `step-00000120` with `state.safetensors` (every tensor, named by its place
in the tree) and `state.json` (the tree, with a reference where a tensor stood). It is made under a
temporary name and renamed, so that a killed run leaves whole checkpoints only.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch.plugins.io import CheckpointIO
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from asdcfer.checksum import checksum_fits, with_checksum
from asdcfer.errors import TrainingError
from asdcfer.files import atomic_folder, remove_folder, sha256
from asdcfer.plain_json import from_json

CHECKPOINT_FORMAT = 1


def flatten(tree: Any, name: str = "") -> tuple[Any, dict[str, Tensor]]:
    """Split a tree into a JSON value and its tensors.

    Dictionaries, lists, tuples, tensors, NumPy arrays and scalars, strings, numbers, booleans and
    None are understood; a key may be a number. A tensor in channels-last layout is remembered as
    such: fused optimizers walk weights and their momentum side by side in memory.

    Raises:
        TypeError: anything else, rather than falling back to a pickle.

    Example:
        >>> value, tensors = flatten({"a": [1, torch.ones(2)], 7: (None, "x")})
        >>> list(tensors)
        ['a.1']
        >>> restored = unflatten(value, tensors)
        >>> restored["a"][0], restored[7]
        (1, (None, 'x'))
    """
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree, {}
    if isinstance(tree, np.generic):
        return tree.item(), {}
    if isinstance(tree, np.ndarray):
        tree = torch.from_numpy(np.ascontiguousarray(tree))
    if isinstance(tree, Tensor):
        tensor = tree.detach()
        channels_last = (
            tensor.ndim == 4
            and not tensor.is_contiguous()
            and tensor.is_contiguous(memory_format=torch.channels_last)
        )
        return {"tensor": name, "channels_last": channels_last}, {name: tensor}
    if isinstance(tree, dict):
        items = list(tree.items())
    elif isinstance(tree, list | tuple):
        items = list(enumerate(tree))
    else:
        raise TypeError(
            f"a checkpoint cannot hold {name or 'the root'} of type {type(tree).__name__}; give it "
            "tensors and plain values"
        )
    values: list[Any] = []
    tensors: dict[str, Tensor] = {}
    for key, child in items:
        if not isinstance(key, str | int):
            raise TypeError(
                f"a checkpoint cannot hold the key {key!r} of type {type(key).__name__} in "
                f"{name or 'the root'}"
            )
        value, found = flatten(child, f"{name}.{key}" if name else str(key))
        clash = found.keys() & tensors.keys()
        if clash:
            raise TypeError(f"two tensors share the name {sorted(clash)[0]!r} in a checkpoint")
        tensors |= found
        values.append([key, value] if isinstance(tree, dict) else value)
    kind = "dict" if isinstance(tree, dict) else "tuple" if isinstance(tree, tuple) else "list"
    return {kind: values}, tensors


def unflatten(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Put a tree together again from what `flatten` returned."""
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        tensor = tensors[value["tensor"]]
        return (
            tensor.contiguous(memory_format=torch.channels_last)
            if value["channels_last"]
            else tensor
        )
    kind, children = next(iter(value.items()))
    if kind == "dict":
        return {key: unflatten(child, tensors) for key, child in children}
    items = [unflatten(child, tensors) for child in children]
    return tuple(items) if kind == "tuple" else items


class SafetensorsCheckpointIO(CheckpointIO):
    """Write and read Lightning's checkpoints as safetensors plus JSON, whole or not at all."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        """Write a checkpoint folder; Lightning calls this on process 0 only."""
        value, tensors = flatten(checkpoint)
        # One storage may be named twice (tied weights); safetensors wants each tensor to own its
        # memory.
        seen: set[int] = set()
        owned = {}
        for name, tensor in tensors.items():
            tensor = tensor.cpu().contiguous()
            owned[name] = tensor.clone() if tensor.untyped_storage().data_ptr() in seen else tensor
            seen.add(tensor.untyped_storage().data_ptr())
        with atomic_folder(path) as folder:
            save_file(owned, folder / "state.safetensors")
            state = {
                "format": CHECKPOINT_FORMAT,
                "tree": value,
                "sha256": sha256(folder / "state.safetensors"),
            }
            (folder / "state.json").write_text(json.dumps(with_checksum(state)), encoding="utf-8")

    def load_checkpoint(
        self, path: str | Path, map_location: Any | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint folder.

        Raises:
            TrainingError: it is missing, damaged or of another format.
        """
        folder = Path(path)
        try:
            stored = _state(folder)
            if stored["format"] != CHECKPOINT_FORMAT:
                raise TrainingError(
                    f"{folder} is a checkpoint of format {stored['format']}; this version reads "
                    f"{CHECKPOINT_FORMAT}"
                )
            # Checkpoints of earlier versions have no hash.
            if "sha256" in stored and stored["sha256"] != sha256(folder / "state.safetensors"):
                raise ValueError("the bytes of state.safetensors have changed")
            tree: dict[str, Any] = unflatten(
                stored["tree"], load_file(folder / "state.safetensors")
            )
            return tree
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise TrainingError(
                f"{folder} cannot be read as a checkpoint ({error}); remove it to resume from the "
                "one before"
            ) from error

    def remove_checkpoint(self, path: str | Path) -> None:
        """Remove a checkpoint folder."""
        remove_folder(path)


def _state(folder: Path) -> dict[str, Any]:
    """Return what state.json of a checkpoint holds.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no JSON object, or its bytes have changed.
    """
    stored = from_json((folder / "state.json").read_text(encoding="utf-8"))
    if not isinstance(stored, dict) or not checksum_fits(stored):
        raise ValueError("the bytes of state.json have changed")
    return stored


def plain_value(path: Path, *keys: str) -> Any:
    """Return a value without tensors from a checkpoint, by its keys from the root down.

    Returns:
        The value; None where there is none, or where the checkpoint cannot be read, which is said
        when it is loaded.
    """
    try:
        value = _state(path)["tree"]
        for key in keys:
            value = dict(value["dict"])[key]
        return unflatten(value, {})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def checkpoint_path(folder: Path, step: int) -> Path:
    """Return where the checkpoint of a step lives."""
    return folder / f"step-{step:08d}"


def checkpoints(folder: Path) -> list[Path]:
    """Return the complete checkpoints of a folder, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.glob("step-*") if (path / "state.json").is_file())


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest complete checkpoint, or None."""
    found = checkpoints(folder)
    return found[-1] if found else None


def keep_newest(folder: Path, count: int) -> None:
    """Remove all but the newest `count` checkpoints, and what interrupted writes left behind."""
    found = checkpoints(folder)
    for path in found[: max(0, len(found) - count)]:
        remove_folder(path)
    for path in folder.glob(".step-*.tmp"):
        shutil.rmtree(path, ignore_errors=True)
