"""Pack: faces as one memory-mapped uint8 store with labels, splits, source ids, counts and hashes.

A pack is a folder, made by `pack_writing`. `pack.json` is written last.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.checksum import checksum_fits
from asdcfer.data.pack_integrity import (
    check_hashes,
    inconsistency,
    read_array,
    read_more,
)
from asdcfer.data.pack_shards import SHARDED_FORMAT, ShardedIds, ShardedImages, joined_more
from asdcfer.errors import DataError
from asdcfer.files import sha256
from asdcfer.plain_json import from_json

PACK_FORMAT = 1
UNLABELED = -1
FILES = ("images.u8", "labels.npy", "split.npy", "ids.json")
"""What every pack holds beside pack.json; one with votes holds votes.npy as well."""
MORE = "more.json"
"""What else is known of the images, in packs of which something is."""


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
        >>> from asdcfer.data.pack_writing import PackItem, write_pack
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
