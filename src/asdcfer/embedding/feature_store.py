"""Features on disk while they are computed: appended, marked, and taken up again after a kill."""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from asdcfer.data.pack_writing import Skipped
from asdcfer.errors import AsdcferError, InputError
from asdcfer.files import appending, make_folder, remove_folder, write_json
from asdcfer.plain_json import from_json

FLOAT = np.dtype("<f4")
_AT_ONCE = 8_000_000
"""Bytes of features that are read back at once."""


class FeatureStore:
    """A folder of features and of what is known of each face, in the order they came.

    What was added is kept up to the last `add` that was completed, whenever the process ends.

    Args:
        folder: to make, or to go on with.
        identity: what decides the features; a folder made under another one is not continued.
        dim: numbers of each feature.
        resume: go on with what is there; else it is removed.

    Attributes:
        inputs: how many are done.
        faces: how many features there are.
        skipped: how many inputs gave none.

    Raises:
        InputError: `resume` with another identity.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "partial"
        >>> with FeatureStore(folder, {"model": "a"}, 2) as store:
        ...     store.add(np.ones((1, 2), np.float32), [{"id": "a.png"}], [], inputs=1)
        >>> with FeatureStore(folder, {"model": "a"}, 2, resume=True) as store:
        ...     store.inputs, list(store.rows())
        (1, [{'id': 'a.png'}])
    """

    def __init__(
        self, folder: Path, identity: dict[str, Any], dim: int, resume: bool = False
    ) -> None:
        self.folder, self.dim = folder, dim
        self.inputs = self.faces = self.skipped = 0
        identity = {**identity, "dim": dim}
        # One that was killed before it had said what it was of had done nothing yet.
        begun = any((folder / name).is_file() for name in ("identity.json", "features.f32"))
        if resume and begun:
            self._take_up(identity)
        else:
            self.delete()
            make_folder(folder)
            write_json(folder / "identity.json", identity)
        try:
            self._features = open(folder / "features.f32", "ab")  # noqa: SIM115 - closed by close
            self._journal = open(folder / "rows.jsonl", "ab")  # noqa: SIM115 - closed by close
        except OSError as error:
            raise AsdcferError(f"cannot write {folder}: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(
        self,
        features: np.ndarray,
        rows: Sequence[dict[str, Any]],
        skipped: Sequence[Skipped],
        *,
        inputs: int,
    ) -> None:
        """Append the faces of some inputs.

        Args:
            features: float32 (B,D).
            rows: B of them, with what is known of each face.
            skipped: inputs that gave no face.
            inputs: how many inputs these were.
        """
        with appending(self.folder / "features.f32"):
            # Not by `tofile`, whose error does not say why.
            self._features.write(np.ascontiguousarray(features, FLOAT).tobytes())
            self._features.flush()
        lines = [json.dumps(row) for row in rows]
        lines += [json.dumps({"skipped": one.source_id, "reason": one.reason}) for one in skipped]
        self.inputs += inputs
        self.faces += len(rows)
        self.skipped += len(skipped)
        # The mark comes last: what lies behind the last mark is dropped by the next run.
        lines.append(json.dumps({"mark": [self.inputs, self.faces, self.skipped]}))
        with appending(self.folder / "rows.jsonl"):
            self._journal.write(("\n".join(lines) + "\n").encode())
            self._journal.flush()

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield what is known of each face, in order."""
        return (row for row in self._lines() if "id" in row)

    def left_out(self) -> Iterator[Skipped]:
        """Yield the inputs that gave no face."""
        return (Skipped(r["skipped"], r["reason"]) for r in self._lines() if "skipped" in r)

    def features(self) -> Iterator[np.ndarray]:
        """Yield the features in order, float32 (B,D), a few megabytes at a time."""
        self._features.flush()
        most = max(1, _AT_ONCE // (FLOAT.itemsize * self.dim))
        with open(self.folder / "features.f32", "rb") as file:
            for first in range(0, self.faces, most):
                count = min(most, self.faces - first)
                yield np.fromfile(file, FLOAT, count * self.dim).reshape(count, self.dim)

    def close(self) -> None:
        """Close the files; the folder stays on disk."""
        self._features.close()
        self._journal.close()

    def delete(self) -> None:
        """Remove the folder, once its features are elsewhere."""
        remove_folder(self.folder)

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self._journal.closed:
            self._journal.flush()
        with open(self.folder / "rows.jsonl", "rb") as lines:
            for line in lines:
                yield from_json(line)

    def _take_up(self, identity: dict[str, Any]) -> None:
        """Cut what an interrupted run left back to its last mark whose features are whole."""
        try:
            known = from_json((self.folder / "identity.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = None
        if known != json.loads(json.dumps(identity)):
            raise InputError(
                f"{self.folder} was made of other faces, with another model or other settings; "
                "repeat those, or use `force=True` to start again"
            )
        features, journal = self.folder / "features.f32", self.folder / "rows.jsonl"
        whole = features.stat().st_size if features.is_file() else 0
        end = 0
        if journal.is_file():
            with open(journal, "rb") as lines:
                place = 0
                for line in lines:
                    place += len(line)
                    mark = _mark(line)
                    if mark and mark[1] * self.dim * FLOAT.itemsize <= whole:
                        (self.inputs, self.faces, self.skipped), end = mark, place
        for file, size in ((features, self.faces * self.dim * FLOAT.itemsize), (journal, end)):
            with contextlib.suppress(FileNotFoundError):
                os.truncate(file, size)


def _mark(line: bytes) -> tuple[int, int, int] | None:
    """Return inputs, faces and skipped of a mark; None for other lines and broken ones."""
    if not line.startswith(b'{"mark"') or not line.endswith(b"\n"):
        return None
    try:
        inputs, faces, skipped = from_json(line)["mark"]
    except (ValueError, KeyError):
        return None
    return inputs, faces, skipped
