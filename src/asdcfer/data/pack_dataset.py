"""PackDataset: the faces of a pack as a map-style data set of PyTorch."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from asdcfer.data.pack import Pack, load_pack


class PackDataset(Dataset[tuple[Any, int]]):
    """The faces of a pack as pairs of image and label, for a `DataLoader` of any framework.

    Images stay on disk until they are asked for; workers open the pack anew instead of receiving
    it.

    Args:
        pack: the faces.
        splits: of these only; none means all.
        transform: of the uint8 image (H,W) or (H,W,3), an array; None gives a uint8 tensor (C,H,W).
        labeled: leave out faces without a label.

    Attributes:
        rows: of the pack, in order.
        classes: names of the labels.
        targets: the label of each face, -1 without one.

    Raises:
        DataError: the pack has no such split.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> faces = PackDataset(sample_pack(), ["train"])
        >>> image, label = faces[0]
        >>> len(faces), tuple(image.shape), faces.classes[label]
        (1000, (1, 48, 48), 'fear')
    """

    def __init__(
        self,
        pack: Pack,
        splits: Sequence[str] = (),
        transform: Callable[[np.ndarray], Any] | None = None,
        *,
        labeled: bool = False,
    ) -> None:
        self.pack, self.transform = pack, transform
        rows = pack.rows(*splits) if splits else np.arange(len(pack))
        self.rows = rows[pack.labels[rows] >= 0] if labeled else rows
        self.classes = list(pack.expressions)
        self.targets: list[int] = pack.labels[self.rows].tolist()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        # A copy: what comes from the file is read-only, and transforms may write.
        image = np.array(self.pack.images[self.rows[index]])
        shown = _tensor(image) if self.transform is None else self.transform(image)
        return shown, self.targets[index]

    def __getstate__(self) -> dict[str, Any]:
        """Return everything but the pack, which would be copied with its images."""
        return {**self.__dict__, "pack": self.pack.path.absolute()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Open the pack again."""
        self.__dict__.update(state, pack=load_pack(state["pack"]))


def _tensor(image: np.ndarray) -> Tensor:
    channels = image[None] if image.ndim == 2 else image.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(channels))
