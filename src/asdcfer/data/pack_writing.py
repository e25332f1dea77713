"""Write a pack: whole under a temporary name, then renamed, so that it is complete or not there."""

import json
import os
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.checksum import with_checksum
from asdcfer.data.pack import MORE, PACK_FORMAT, UNLABELED
from asdcfer.data.pack_counts import class_counts
from asdcfer.data.pack_integrity import write_array
from asdcfer.data.pack_leftovers import sweep
from asdcfer.errors import DataError
from asdcfer.files import atomic_folder, sha256, write_json
from asdcfer.output_lock import OutputLock


@dataclass
class PackItem:
    """One image on its way into a pack.

    Attributes:
        image: uint8 (H,W) gray or (H,W,3) RGB, already of the pack's size.
        source_id: where it came from, unique within the source ("train/happy/Training_3908.jpg",
            "row 17").
        split: name of its split ("train", "public", "private", "test").
        label: index into the pack's expressions, or -1.
        votes: votes or probabilities for each expression of the pack, or None.
        more: what else is known of it: "group" (who is shown), "valence", "arousal".
    """

    image: np.ndarray
    source_id: str
    split: str = "train"
    label: int = UNLABELED
    votes: np.ndarray | None = None
    more: dict[str, str | float] = field(default_factory=dict)


@dataclass
class Skipped:
    """A file that did not make it into a pack, and why."""

    source_id: str
    reason: str


def write_pack(
    path: str | os.PathLike[str],
    faces: Iterable[PackItem],
    *,
    expressions: Sequence[str],
    source: dict[str, Any],
    skipped: list[Skipped] | None = None,
) -> Path:
    """Write faces to a pack, whole or not at all; the same faces give the same bytes.

    Args:
        path: folder to make; an existing pack there is replaced once the new one is complete.
        faces: consumed once, in order; all of one shape. `skipped` may be filled while it is
            consumed.
        expressions: names of the labels.
        source: what the faces are (kind, name, hash of the input, license), kept in pack.json.
        skipped: what did not become a face and why, kept in pack.json.

    Returns:
        The folder.

    Raises:
        DataError: there is no face at all, or shapes differ, or something that is no pack is in the
            way.
        AsdcferError: another run makes the same pack.

    Example:
        >>> import tempfile
        >>> black, out = np.zeros((48, 48), np.uint8), tempfile.mkdtemp() + "/mine"
        >>> faces = [PackItem(black, f"row {i}", "train", i % 2) for i in range(4)]
        >>> path = write_pack(out, faces, expressions=["happy", "sad"], source={"name": "mine"})
        >>> sorted(file.name for file in path.iterdir())
        ['ids.json', 'images.u8', 'labels.npy', 'pack.json', 'split.npy']
    """
    with OutputLock(path, beside=True):
        return _written(Path(path), faces, expressions, source, skipped)


def _written(
    target: Path,
    faces: Iterable[PackItem],
    expressions: Sequence[str],
    source: dict[str, Any],
    skipped: list[Skipped] | None,
) -> Path:
    check_place(target)
    sweep(target)
    with atomic_folder(target) as folder:
        known = _Known(expressions)
        with (
            open(folder / "images.u8", "wb") as store,
            open(folder / "ids.json", "w", encoding="utf-8") as ids,
        ):
            for face in faces:
                known.add(face)
                store.write(np.ascontiguousarray(face.image).tobytes())
                ids.write("[\n" if len(known) == 1 else ",\n")
                ids.write(json.dumps(face.source_id, ensure_ascii=False))
            ids.write("\n]")
        if not known.shape:
            first = skipped[0] if skipped else None
            reasons = (
                f"; {len(skipped)} were skipped, the first: {first.source_id}: {first.reason}"
                if skipped and first
                else ""
            )
            raise DataError(f"no usable image was found{reasons}")
        known.write(folder)
        files = sorted(p.name for p in folder.iterdir())
        about = {
            "format": PACK_FORMAT,
            "shape": [len(known), *known.shape],
            "expressions": list(expressions),
            "splits": list(known.order),
            "source": source,
            "counts": class_counts(known.labels, known.splits, list(known.order), expressions),
            "hashes": {name: sha256(folder / name) for name in files},
            "skipped": [{"source_id": s.source_id, "reason": s.reason} for s in skipped or []],
        }
        write_json(folder / "pack.json", with_checksum(about))
    return target


class _Known:
    """What is known of the faces so far; of a million, labels and splits are held as numbers.

    Args:
        expressions: names of the labels.
    """

    def __init__(self, expressions: Sequence[str]) -> None:
        self.expressions = expressions
        self.labels, self.splits, self.votes = array("q"), array("q"), list[np.ndarray]()
        self.order: dict[str, int] = {}
        self.more: dict[int, dict[str, str | float]] = {}
        self.shape: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def add(self, face: PackItem) -> None:
        """Take a face, or raise `DataError` where it does not fit those before it."""
        self.shape = self.shape or face.image.shape
        if face.image.shape != self.shape or face.image.dtype != np.uint8:
            raise DataError(
                f"{face.source_id}: {face.image.dtype} {face.image.shape} where the pack holds "
                f"uint8 {self.shape}"
            )
        if not UNLABELED <= face.label < len(self.expressions):
            raise DataError(
                f"{face.source_id}: label {face.label} where the pack has "
                f"{len(self.expressions)} expressions"
            )
        if face.votes is not None:
            if np.shape(face.votes) != (len(self.expressions),):
                raise DataError(
                    f"{face.source_id}: votes of shape {np.shape(face.votes)} where the pack "
                    f"has {len(self.expressions)} expressions"
                )
            self.votes.append(face.votes)
        if face.more:
            self.more[len(self)] = face.more
        self.labels.append(face.label)
        self.splits.append(self.order.setdefault(face.split, len(self.order)))

    def write(self, folder: Path) -> None:
        """Write it beside the images."""
        if self.votes and len(self.votes) != len(self):
            raise DataError("some faces carry votes and some do not")
        write_array(folder / "labels.npy", np.asarray(self.labels, np.int64))
        write_array(folder / "split.npy", np.asarray(self.splits, np.int64))
        if self.votes:
            write_array(folder / "votes.npy", np.asarray(self.votes, np.float32))
        if self.more:
            names = dict.fromkeys(name for known in self.more.values() for name in known)
            rows = [self.more.get(row, {}) for row in range(len(self))]
            table = {name: [known.get(name) for known in rows] for name in names}
            (folder / MORE).write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")


def check_place(target: Path) -> None:
    """Raise `DataError` where something is in the way of a pack that is to be made."""
    if target.exists() and not (
        target.is_dir() and ((target / "pack.json").exists() or not any(target.iterdir()))
    ):
        raise DataError(
            f"{target} exists and is not a pack; choose another OUT, or remove it first"
        )
