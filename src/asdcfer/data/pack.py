"""Pack: faces as one memory-mapped uint8 store with labels, splits, source ids, counts and hashes.

A pack is a folder. `pack.json` is written last, and the whole folder is made under a temporary name
and renamed, so a pack either is complete or does not exist.
"""

import json
import os
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.checksum import checksum_fits, with_checksum
from asdcfer.data.pack_counts import class_counts
from asdcfer.data.pack_integrity import (
    check_hashes,
    inconsistency,
    read_array,
    read_more,
    write_array,
)
from asdcfer.data.pack_leftovers import sweep
from asdcfer.data.pack_shards import SHARDED_FORMAT, ShardedIds, ShardedImages, joined_more
from asdcfer.errors import DataError
from asdcfer.files import atomic_folder, sha256, write_json
from asdcfer.output_lock import OutputLock
from asdcfer.plain_json import from_json

PACK_FORMAT = 1
UNLABELED = -1
FILES = ("images.u8", "labels.npy", "split.npy", "ids.json")
"""What every pack holds beside pack.json; one with votes holds votes.npy as well."""
MORE = "more.json"
"""What else is known of the images, in packs of which something is."""


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


@dataclass
class Pack:
    """Faces in memory-mapped form; made by `load_pack`.

    Attributes:
        images: uint8 (N,H,W) gray or (N,H,W,3) RGB, memory-mapped, read-only; of a sharded pack
            what reads them when they are asked for.
        labels: int64 (N,), indices into `expressions`, -1 where unlabeled.
        split: str (N,), the name of each image's split.
        ids: N source ids.
        votes: float32 (N, len(expressions)) or None.
        expressions: names of the labels, in order.
        info: the whole of pack.json: counts, hashes, what was skipped.
        more: what else is known of the images, by name ("group", "valence", "arousal"): N values
            each, None where one has none.
    """

    path: Path
    images: np.ndarray | ShardedImages
    labels: np.ndarray
    split: np.ndarray
    ids: Sequence[str]
    votes: np.ndarray | None
    expressions: tuple[str, ...]
    info: dict[str, Any] = field(repr=False)
    more: dict[str, list[str | float | None]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def splits(self) -> list[str]:
        """The names of the splits that hold images."""
        return list(self.info["splits"])

    @property
    def labeled(self) -> bool:
        """Whether every image has a label."""
        return bool((self.labels >= 0).all())

    def rows(self, *splits: str) -> np.ndarray:
        """Return the indices of the images of the named splits, in order.

        Raises:
            DataError: the pack has no such split.
        """
        missing = [name for name in splits if name not in self.splits]
        if missing:
            raise DataError(
                f"{self.path} has no split {missing[0]!r}; it has {', '.join(self.splits)}"
            )
        return np.flatnonzero(np.isin(self.split, splits))


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
    # Of a million faces only labels and splits are held, as numbers.
    with (
        atomic_folder(target) as folder,
        open(folder / "images.u8", "wb") as store,
        open(folder / "ids.json", "w", encoding="utf-8") as ids,
    ):
        labels, splits, votes = array("q"), array("q"), []
        order: dict[str, int] = {}
        more: dict[int, dict[str, str | float]] = {}
        shape: tuple[int, ...] | None = None
        for face in faces:
            shape = shape or face.image.shape
            if face.image.shape != shape or face.image.dtype != np.uint8:
                raise DataError(
                    f"{face.source_id}: {face.image.dtype} {face.image.shape} where the pack holds "
                    f"uint8 {shape}"
                )
            store.write(np.ascontiguousarray(face.image).tobytes())
            ids.write(",\n" if labels else "[\n")
            ids.write(json.dumps(face.source_id, ensure_ascii=False))
            if face.more:
                more[len(labels)] = face.more
            labels.append(face.label)
            splits.append(order.setdefault(face.split, len(order)))
            if not UNLABELED <= face.label < len(expressions):
                raise DataError(
                    f"{face.source_id}: label {face.label} where the pack has {len(expressions)} "
                    "expressions"
                )
            if face.votes is not None:
                if np.shape(face.votes) != (len(expressions),):
                    raise DataError(
                        f"{face.source_id}: votes of shape {np.shape(face.votes)} where the pack "
                        f"has {len(expressions)} expressions"
                    )
                votes.append(face.votes)
        store.flush()
        ids.write("\n]")
        ids.flush()
        if shape is None:
            reasons = (
                f"; {len(skipped)} were skipped, the first: {skipped[0].source_id}: "
                f"{skipped[0].reason}"
                if skipped
                else ""
            )
            raise DataError(f"no usable image was found{reasons}")
        if votes and len(votes) != len(labels):
            raise DataError("some faces carry votes and some do not")
        write_array(folder / "labels.npy", np.asarray(labels, np.int64))
        write_array(folder / "split.npy", np.asarray(splits, np.int64))
        if votes:
            write_array(folder / "votes.npy", np.asarray(votes, np.float32))
        if more:
            names = dict.fromkeys(name for known in more.values() for name in known)
            rows = [more.get(row, {}) for row in range(len(labels))]
            table = {name: [known.get(name) for known in rows] for name in names}
            (folder / MORE).write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
        files = sorted(p.name for p in folder.iterdir())
        write_json(
            folder / "pack.json",
            with_checksum(
                {
                    "format": PACK_FORMAT,
                    "shape": [len(labels), *shape],
                    "expressions": list(expressions),
                    "splits": list(order),
                    "source": source,
                    "counts": class_counts(labels, splits, list(order), expressions),
                    "hashes": {name: sha256(folder / name) for name in files},
                    "skipped": [
                        {"source_id": s.source_id, "reason": s.reason} for s in skipped or []
                    ],
                }
            ),
        )
    return target


def check_place(target: Path) -> None:
    """Raise `DataError` where something is in the way of a pack that is to be made."""
    if target.exists() and not (
        target.is_dir() and ((target / "pack.json").exists() or not any(target.iterdir()))
    ):
        raise DataError(
            f"{target} exists and is not a pack; choose another OUT, or remove it first"
        )


def is_pack(path: Path) -> bool:
    """Return whether a path is a pack, or what is left of one."""
    return (path / "pack.json").is_file() or (path / "images.u8").is_file()


def load_pack(path: str | os.PathLike[str], verify: bool = False) -> Pack:
    """Open a pack without reading its images.

    Args:
        path: its folder.
        verify: also read every file once and compare it with its hash, as
            `pack_integrity.check_hashes` does; for wherever results are made.

    Returns:
        The pack, its images memory-mapped.

    Raises:
        DataError: the path is missing, is no pack, or is one that is damaged, or that an
            interrupted run or another version left.

    Example:
        >>> import tempfile
        >>> black, out = np.zeros((48, 48), np.uint8), tempfile.mkdtemp() + "/mine"
        >>> splits = ("test", "train", "train", "train")
        >>> faces = [PackItem(black, f"row {i}", splits[i], i % 2) for i in range(4)]
        >>> path = write_pack(out, faces, expressions=["happy", "sad"], source={"name": "mine"})
        >>> pack = load_pack(path)
        >>> pack.images.shape, pack.labels.tolist(), pack.splits, pack.rows("train").tolist()
        ((4, 48, 48), [0, 1, 0, 1], ['test', 'train'], [1, 2, 3])
    """
    folder = Path(path)
    if not folder.exists():
        raise DataError(
            f"there is no pack at {folder}; make one with: asdcfer prepare SOURCE {folder}"
        )
    if not (folder / "pack.json").is_file():
        hint = (
            "it holds images.u8 but no pack.json: an interrupted run left it"
            if (folder / "images.u8").exists()
            else "it has no pack.json"
        )
        raise DataError(
            f"{folder} is not a pack ({hint}); make one with: asdcfer prepare SOURCE OUT"
        )
    try:
        info = from_json((folder / "pack.json").read_text(encoding="utf-8"))
        if info["format"] not in (PACK_FORMAT, SHARDED_FORMAT):
            raise DataError(
                f"{folder} is a pack of format {info['format']}; this version reads {PACK_FORMAT}: "
                "prepare it again"
            )
        if not checksum_fits(info):
            raise DataError(
                f"{folder}/pack.json is not the file that was prepared: its bytes have changed; "
                f"make the pack again: asdcfer prepare SOURCE {folder}"
            )
        if info["format"] == SHARDED_FORMAT:
            return _load_sharded(folder, info, verify)
        shape, expressions, splits = tuple(info["shape"]), info["expressions"], info["splits"]
        size = (folder / "images.u8").stat().st_size
        if size != int(np.prod(shape)):
            raise DataError(
                f"{folder}/images.u8 holds {size} bytes where {int(np.prod(shape))} are due; "
                "prepare it again"
            )
        labels = read_array(folder / "labels.npy")
        order = read_array(folder / "split.npy")
        ids = from_json((folder / "ids.json").read_text(encoding="utf-8"))
        votes = read_array(folder / "votes.npy") if (folder / "votes.npy").exists() else None
        images = np.memmap(folder / "images.u8", np.uint8, "r", shape=shape)
        wrong = inconsistency(
            shape,
            {"expressions": expressions, "splits": splits},
            labels,
            order,
            ids,
            votes,
            lowest_label=UNLABELED,
        )
        if wrong:
            raise DataError(f"{folder} is inconsistent: {wrong}; prepare it again")
    except KeyError as error:
        raise DataError(
            f"{folder} cannot be read as a pack (pack.json has no {error}); prepare it again"
        ) from error
    except (OSError, ValueError, IndexError, TypeError, RecursionError) as error:
        raise DataError(f"{folder} cannot be read as a pack ({error}); prepare it again") from error
    more = read_more(folder / MORE, len(ids))
    if verify:
        check_hashes(folder, info, [*FILES, *(["votes.npy"] if votes is not None else [])])
    return Pack(
        folder,
        images,
        labels,
        np.asarray(splits)[order],
        ids,
        votes,
        tuple(expressions),
        info,
        more,
    )


def _load_sharded(folder: Path, info: dict[str, Any], verify: bool) -> Pack:
    """Open a pack of shards; the labels and splits of all are read, images and ids are not."""
    shards = []
    for shard in info["shards"]:
        if not re.fullmatch(r"shard-\d{5,}", shard["name"]):
            raise ValueError(f"{shard['name']!r} is no name of a shard")
        path = folder / shard["name"]
        if sha256(path / "pack.json") != info["hashes"][f"{shard['name']}/pack.json"]:
            raise ValueError(f"{path}/pack.json is not the file that was prepared")
        shards.append(load_pack(path, verify))
        if len(shards[-1]) != shard["images"]:
            raise ValueError(f"{path} holds {len(shards[-1])} images, not {shard['images']}")
        # Neither ids nor images of all shards are held.
        shards[-1] = replace(shards[-1], images=shards[-1].images[:0], ids=[])
    counts, names = [shard["images"] for shard in info["shards"]], list(info["splits"])
    votes = [shard.votes for shard in shards if shard.votes is not None]
    paths = [shard.path for shard in shards]
    return Pack(
        folder,
        ShardedImages(paths, counts, tuple(info["shape"][1:])),
        np.concatenate([shard.labels for shard in shards]),
        np.concatenate([np.asarray(shard.split, f"U{max(map(len, names))}") for shard in shards]),
        ShardedIds(paths, counts),
        np.concatenate(votes) if len(votes) == len(shards) else None,
        tuple(info["expressions"]),
        info,
        joined_more([shard.more for shard in shards], counts),
    )
