"""The images and ids of a pack of shards, read when they are asked for."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, overload

import numpy as np

SHARDED_FORMAT = 2
"""`format` in pack.json of a pack of shards."""


class ShardedImages:
    """The images of several packs, one after the other, as one array that is never in memory.

    It is indexed like an array, and each answer is an array of its own. No file is mapped: memory
    does not grow with what was read before.

    Args:
        paths: folders of the shards.
        counts: images in each.
        shape: of one image.

    Attributes:
        starts: int64 (shards + 1,), the row at which each shard begins, and the end.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> path = sample_pack().path
        >>> images = ShardedImages([path, path], [1500, 1500], (48, 48))
        >>> images.shape, bool((images[1501] == images[1]).all())
        ((3000, 48, 48), True)
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, paths: Sequence[Path], counts: Sequence[int], shape: tuple[int, ...]):
        self.paths, self.starts = list(paths), np.concatenate([[0], np.cumsum(counts)])
        self.shape: tuple[int, ...] = (int(self.starts[-1]), *shape)

    @property
    def ndim(self) -> int:
        """How many dimensions the array has."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        if isinstance(rows, slice):
            return self[np.arange(*rows.indices(len(self)))]
        if isinstance(rows, tuple):
            found: np.ndarray = self[rows[0]][(slice(None), *rows[1:])]
            return found
        asked = np.asarray(rows)
        if asked.dtype == bool:
            return self[np.flatnonzero(asked)]
        wanted = np.atleast_1d(asked).astype(np.int64)
        wanted = np.where(wanted < 0, wanted + len(self), wanted)
        if len(wanted) and not 0 <= wanted.min() <= wanted.max() < len(self):
            raise IndexError(f"row beyond the {len(self)} images")
        out = np.empty((len(wanted), *self.shape[1:]), np.uint8)
        shards = np.searchsorted(self.starts, wanted, side="right") - 1
        for shard in np.unique(shards).tolist():
            mine = np.flatnonzero(shards == shard)
            local = wanted[mine] - self.starts[shard]
            out[mine] = read_rows(self.paths[shard] / "images.u8", local, self.shape[1:])
        one: np.ndarray = out[0] if asked.ndim == 0 else out
        return one

    def __iter__(self) -> Iterator[np.ndarray]:
        for shard in range(len(self.paths)):
            yield from self.shard(shard)

    def shard(self, number: int) -> np.ndarray:
        """Return the images of one shard, read at once."""
        count = int(self.starts[number + 1] - self.starts[number])
        file = self.paths[number] / "images.u8"
        return np.fromfile(file, np.uint8).reshape(count, *self.shape[1:])


def read_rows(file: Path, rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Read some images of a file of images; nothing of it stays in memory.

    Args:
        file: uint8 images, one after the other.
        rows: int64 (R,), which of them, in any order.
        shape: of one.

    Returns:
        uint8 (R, *shape).

    Raises:
        OSError: the file ends before one of them.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> pack = sample_pack()
        >>> some = read_rows(pack.path / "images.u8", np.array([7, 8, 2]), (48, 48))
        >>> bool((some == pack.images[[7, 8, 2]]).all())
        True
    """
    found = np.empty((len(rows), *shape), np.uint8)
    flat, size = found.reshape(-1), int(np.prod(shape))
    # Neighbors are read at once.
    begins = np.flatnonzero(np.diff(rows, prepend=rows[:1] - 2) != 1).tolist()
    with open(file, "rb", buffering=0) as source:
        for begin, end in pairwise([*begins, len(rows)]):
            source.seek(int(rows[begin]) * size)
            at = begin * size
            while at < end * size:
                count = source.readinto(flat[at : end * size].data)
                if not count:
                    raise OSError(f"{file} ends before image {int(rows[end - 1])}")
                at += count
    return found


class ShardedIds(Sequence[str]):
    """The ids of several packs, of which those of four shards are held at a time.

    Args:
        paths: folders of the shards.
        counts: images in each.
    """

    def __init__(self, paths: Sequence[Path], counts: Sequence[int]) -> None:
        self.starts = np.concatenate([[0], np.cumsum(counts)])
        self._paths = list(paths)

    def __len__(self) -> int:
        return int(self.starts[-1])

    @overload
    def __getitem__(self, row: int) -> str: ...

    @overload
    def __getitem__(self, row: slice) -> list[str]: ...

    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        row = row + len(self) if row < 0 else row
        if not 0 <= row < len(self):
            raise IndexError(f"row beyond the {len(self)} ids")
        shard = int(np.searchsorted(self.starts, row, side="right")) - 1
        return _ids(self._paths[shard])[row - int(self.starts[shard])]

    def __iter__(self) -> Iterator[str]:
        for path in self._paths:
            yield from _ids(path)


@lru_cache(maxsize=4)
def _ids(path: Path) -> tuple[str, ...]:
    return tuple(json.loads((path / "ids.json").read_text(encoding="utf-8")))


def joined_more(
    parts: Sequence[Mapping[str, list[str | float | None]]], counts: Sequence[int]
) -> dict[str, list[str | float | None]]:
    """Return what else is known of the images of several packs, None where one knows nothing.

    Example:
        >>> joined_more([{"group": ["a"]}, {}], [1, 2])
        {'group': ['a', None, None]}
    """
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: [
            value
            for part, count in zip(parts, counts, strict=True)
            for value in part.get(name, [None] * count)
        ]
        for name in names
    }
