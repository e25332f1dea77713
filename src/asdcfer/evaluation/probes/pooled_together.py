"""Features by several poolings of one encoder, computed in one pass and left in the cache."""

import os
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from asdcfer.data.pack import Pack
from asdcfer.evaluation.probes.feature_cache import keep
from asdcfer.evaluation.probes.features import cached_file, extract
from asdcfer.models.encoder import Encoder
from asdcfer.models.registry import pooled_by

MOST_BYTES = 2 * 2**30
"""Features that may stand in memory at once; more are left to the probes, one pooling at a time."""


class JoinedPooling(nn.Module):
    """Several poolings of the same maps, joined.

    Args:
        poolings: each with a `feature_dim`.
    """

    def __init__(self, poolings: Sequence[nn.Module]) -> None:
        super().__init__()
        self.poolings = nn.ModuleList(poolings)
        self.dims = [int(pooling.feature_dim) for pooling in poolings]  # type: ignore[arg-type]
        self.feature_dim = sum(self.dims)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return (B, feature_dim)."""
        return torch.cat([pooling(maps) for pooling in self.poolings], 1)


def pool_together(
    encoders: Sequence[Encoder],
    pack: Pack,
    row_lists: Sequence[np.ndarray],
    cache: str | os.PathLike[str],
    *,
    limit: int,
    progress: Callable[[int, int], None] | None = None,
) -> bool:
    """Compute features by several poolings in one pass, as if `extract` had computed each.

    Args:
        encoders: the same weights and preprocessing under different poolings of their maps.
        pack: the faces.
        row_lists: int (N,) each; features of every list under every pooling are left in the cache.
        cache: folder of the cached features.
        limit: bytes that the cache may hold.
        progress: called with (images done, images in all).

    Returns:
        Whether it was done: too many features for the memory, or for the cache, are not.
    """
    rows = np.unique(np.concatenate(row_lists))
    widths = [encoder.feature_dim for encoder in encoders]
    kept = 4 * sum(widths) * sum(map(len, row_lists))
    if 4 * sum(widths) * len(rows) > MOST_BYTES or kept > limit:
        return False
    joined = pooled_by(encoders[0], "global")
    joined.pooling = JoinedPooling([encoder.pooling for encoder in encoders])
    found = extract(joined, pack, rows, cache=None, progress=progress)
    ends = np.cumsum(widths)
    for encoder, end in zip(encoders, ends, strict=True):
        columns = found[:, end - encoder.feature_dim : end]
        for part in row_lists:
            feature = np.ascontiguousarray(columns[np.searchsorted(rows, part)])
            keep(cached_file(encoder, pack, part, cache), feature, limit)
    return True
