"""Store of finished stages: arrays that a run reads again after it was interrupted."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from asdcfer.files import atomic_write, make_folder


class StageStore:
    """Arrays of finished stages, by name; those that were made from something else do not count.

    Args:
        folder: of the files.
        made_from: what decides the results; it must be plain JSON.

    Example:
        >>> import tempfile
        >>> store = StageStore(Path(tempfile.mkdtemp()), {"seed": 0})
        >>> store.keep("heads", {"weight": np.eye(2)})
        >>> store.kept("heads")["weight"].tolist(), store.kept("others")
        ([[1.0, 0.0], [0.0, 1.0]], None)
        >>> StageStore(store.folder, {"seed": 1}).kept("heads") is None
        True
    """

    def __init__(self, folder: Path, made_from: dict[str, Any]) -> None:
        self.folder = folder
        text = json.dumps(made_from, sort_keys=True)
        self.key = hashlib.sha256(text.encode()).hexdigest()

    def kept(self, name: str) -> dict[str, np.ndarray] | None:
        """Return the arrays of a stage, or None where it has to be made."""
        try:
            with safe_open(self.folder / f"{name}.safetensors", "numpy") as file:
                if (file.metadata() or {}).get("made_from") != self.key:
                    return None
                return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError):
            return None

    def keep(self, name: str, arrays: dict[str, np.ndarray]) -> None:
        """Write the arrays of a stage, whole or not at all."""
        make_folder(self.folder)
        plain = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
        with atomic_write(self.folder / f"{name}.safetensors") as temporary:
            temporary.write_bytes(save(plain, metadata={"made_from": self.key}))
