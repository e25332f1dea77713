"""The faces of several packs in the one size and color in which they are compared."""

from collections.abc import Sequence

import numpy as np

from asdcfer.data.pack import Pack
from asdcfer.data.pack_shards import ShardedImages
from asdcfer.data.perceptual_hash import SIDE, comparable


class ComparableFaces:
    """The faces of packs, one after the other, read and brought to size when they are asked for.

    So a million faces take no memory, and packs of any sizes and colors can be compared.

    Args:
        packs: of any sizes, gray or color.
        rows: some of all faces, counted through the packs; None for all.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> faces = ComparableFaces([sample_pack()])
        >>> len(faces), faces[np.array([3, 1])].shape
        (1500, (2, 48, 48))
    """

    def __init__(self, packs: Sequence[Pack], rows: np.ndarray | None = None) -> None:
        self._images = [images_read(pack) for pack in packs]
        self.ends = np.cumsum([len(images) for images in self._images])
        total = int(self.ends[-1]) if len(self.ends) else 0
        self.rows = np.arange(total) if rows is None else np.asarray(rows, np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        chosen = self.rows[rows]
        out = np.empty((len(chosen), SIDE, SIDE), np.uint8)
        numbers = np.searchsorted(self.ends, chosen, side="right")
        for number, images in enumerate(self._images):
            mine = np.flatnonzero(numbers == number)
            if len(mine):
                begin = self.ends[number] - len(images)
                out[mine] = comparable(images[chosen[mine] - begin])
        return out


def images_read(pack: Pack) -> np.ndarray | ShardedImages:
    """Return the images of a pack, read from its file and not mapped where it is one of a file.

    Pages of a map that were read once count as the memory of a process.
    """
    if isinstance(pack.images, np.memmap):
        return ShardedImages([pack.path], [len(pack)], pack.images.shape[1:])
    return pack.images
