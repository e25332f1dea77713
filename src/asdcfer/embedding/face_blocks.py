"""Blocks of faces from a pack, read so that memory does not grow with the pack."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from asdcfer.data.pack import Pack
from asdcfer.data.pack_shards import ShardedImages
from asdcfer.data.pack_writing import Skipped

ROWS = 512
"""Faces of a pack that are read at once."""


@dataclass(frozen=True)
class Block:
    """Some inputs, one after the other, and the faces in them.

    Attributes:
        inputs: how many rows of a pack, or files, it is made of.
        rows: what is known of each face: its id first, then the columns of the source.
        images: uint8 (B,H,W) or (B,H,W,3), as many as rows.
        skipped: inputs without a face that can be used.
    """

    inputs: int
    rows: list[dict[str, Any]]
    images: np.ndarray
    skipped: list[Skipped] = field(default_factory=list)


class FaceBlocks(Protocol):
    """Faces that come in blocks, in an order that is the same each time.

    Attributes:
        columns: of the rows; the first is "id".
        identity: what decides the faces; another one means other faces.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of what is known of each face."""
        ...

    @property
    def identity(self) -> dict[str, Any]:
        """Return what decides the faces."""
        ...

    def __len__(self) -> int:
        """Return how many inputs there are."""
        ...

    def pieces(self, start: int) -> Iterator[list[Any]]:
        """Yield what `read` needs for each block after the first `start` inputs: plain values."""
        ...

    def read(self, piece: Sequence[Any]) -> Block:
        """Return the block of one piece; the same piece gives the same block, in any process."""
        ...

    def blocks(self, start: int) -> Iterator[Block]:
        """Yield what comes after the first `start` inputs."""
        ...


class PackBlocks:
    """The faces of a pack, or of some of its splits.

    The images are read block by block and not mapped: mapped pages would count as memory.

    Args:
        pack: whose faces.
        splits: of these only; none means all.

    Raises:
        DataError: the pack has no such split.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> faces = PackBlocks(sample_pack(), ["private"])
        >>> len(faces), next(faces.blocks(0)).rows[0]["split"]
        (250, 'private')
    """

    columns = ("id", "split", "expression")

    def __init__(self, pack: Pack, splits: Sequence[str] = ()) -> None:
        self.pack = pack
        self._rows = pack.rows(*splits) if splits else np.arange(len(pack))
        hashes = pack.info.get("hashes", {})
        self.identity: dict[str, Any] = {
            "pack": [hashes.get(name) for name in ("images.u8", "ids.json", "labels.npy")],
            "splits": list(splits),
        }

    def __len__(self) -> int:
        return len(self._rows)

    def blocks(self, start: int) -> Iterator[Block]:
        """Yield the faces after the first `start`, some hundred at a time."""
        return map(self.read, self.pieces(start))

    def pieces(self, start: int) -> Iterator[list[int]]:
        """Yield rows of the pack, after the first `start`, some hundred at a time."""
        for first in range(start, len(self._rows), ROWS):
            yield self._rows[first : first + ROWS].tolist()

    def read(self, piece: Sequence[int]) -> Block:
        """Return the faces of some rows of the pack."""
        about = [self._about(row) for row in piece]
        if isinstance(self.pack.images, ShardedImages):
            return Block(len(piece), about, self.pack.images[np.asarray(piece)])
        shape = self.pack.images.shape[1:]
        size = int(np.prod(shape))
        images = np.empty((len(piece), *shape), np.uint8)
        with open(self.pack.path / "images.u8", "rb") as file:
            for place, row in enumerate(piece):
                file.seek(row * size)
                images[place] = np.fromfile(file, np.uint8, size).reshape(shape)
        return Block(len(piece), about, images)

    def _about(self, row: int) -> dict[str, Any]:
        label = int(self.pack.labels[row])
        return {
            "id": self.pack.ids[row],
            "split": str(self.pack.split[row]),
            "expression": self.pack.expressions[label] if label >= 0 else None,
        }
