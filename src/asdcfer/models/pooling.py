"""Poolings: from an encoder's maps to its feature.

Each states the feature's width before anything is computed.

Every pooling can use any of the maps; maps are named by index, shallow to deep, negative from the
end.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from asdcfer.errors import RecipeError
from asdcfer.models.facial_parts import PartPooling


class GlobalPooling(nn.Module):
    """The mean of one map over its positions: `mean_hw F`, (B,C).

    Args:
        map_channels: channels of each map of the encoder.
        map: which one.

    Example:
        >>> GlobalPooling([8, 16]).feature_dim
        16
    """

    def __init__(self, map_channels: Sequence[int], map: int = -1) -> None:
        super().__init__()
        self.map = map
        self.feature_dim = map_channels[map]

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return (B, feature_dim)."""
        return maps[self.map].mean((2, 3))

    def extra_repr(self) -> str:
        """Return what it pools."""
        return f"map={self.map}"


class StagePooling(nn.Module):
    """The means of several maps, joined.

    Args:
        map_channels: channels of each map of the encoder.
        n: the last n maps.
        maps: which ones, instead of `n`.
        unit: scale the mean of each map to unit length, so that none outweighs the others in a
            cosine.

    Example:
        >>> channels = [8, 16, 32]
        >>> StagePooling(channels).feature_dim, StagePooling(channels, maps=[0, 1]).feature_dim
        (48, 24)
    """

    def __init__(
        self,
        map_channels: Sequence[int],
        n: int = 2,
        maps: Sequence[int] | None = None,
        unit: bool = False,
    ) -> None:
        super().__init__()
        if not 1 <= n <= len(map_channels):
            raise ValueError(f"n must be in 1 .. {len(map_channels)}, the number of maps, not {n}")
        self.maps = tuple(range(-n, 0)) if maps is None else tuple(maps)
        self.unit = unit
        self.feature_dim = sum(map_channels[m] for m in self.maps)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return (B, feature_dim)."""
        means = [maps[m].mean((2, 3)) for m in self.maps]
        return torch.cat([F.normalize(mean, dim=1) for mean in means] if self.unit else means, 1)

    def extra_repr(self) -> str:
        """Return what it pools."""
        return f"maps={self.maps}, unit={self.unit}"


class GridPooling(nn.Module):
    """The means of the cells of a grid over one or more maps, joined: keeps where things are.

    Args:
        map_channels: channels of each map of the encoder.
        map: which one.
        cells: cells along each side, one number for all maps or one for each; a map of that side is
            taken as it is.
        maps: several maps instead of `map`, joined.

    Source: Coates and Ng, ICML 2011, section 3.1 (quadrant pooling), for any number of cells.

    Example:
        >>> pooling = GridPooling([8, 16], map=0, cells=3)
        >>> feature = pooling([torch.ones(2, 8, 12, 12), torch.ones(2, 16, 6, 6)])
        >>> pooling.feature_dim, tuple(feature.shape)
        (72, (2, 72))
    """

    def __init__(
        self,
        map_channels: Sequence[int],
        map: int = -1,
        cells: int | Sequence[int] = 3,
        maps: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.maps = (map,) if maps is None else tuple(maps)
        self.cells = (cells,) * len(self.maps) if isinstance(cells, int) else tuple(cells)
        if len(self.cells) != len(self.maps) or min(self.cells) < 1:
            raise ValueError(
                f"cells must be one number of at least 1, or one for each of the {len(self.maps)} "
                f"maps, not {cells}"
            )
        self.feature_dim = sum(
            map_channels[m] * side**2 for m, side in zip(self.maps, self.cells, strict=True)
        )

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return (B, feature_dim); within a map, channels vary slowest, then rows, then columns."""
        return torch.cat(
            [
                grid_means(maps[m], side).flatten(1)
                for m, side in zip(self.maps, self.cells, strict=True)
            ],
            1,
        )

    def extra_repr(self) -> str:
        """Return what it pools."""
        return f"maps={self.maps}, cells={self.cells}"


def grid_means(x: Tensor, cells: int) -> Tensor:
    """Return the means of the cells of a grid: (B,C,H,W) -> (B,C,cells,cells).

    Cell i covers rows `floor(i H / cells)` up to `ceil((i + 1) H / cells)`, so cells overlap by a
    row where the side does not divide.
    """
    if x.shape[2] == x.shape[3] == cells:
        return x
    return F.adaptive_avg_pool2d(x, cells)


POOLINGS: dict[str, type[nn.Module]] = {
    "global": GlobalPooling,
    "stages": StagePooling,
    "grid": GridPooling,
    "parts": PartPooling,
}
"""Name -> pooling; constructed as `POOLINGS[name](map_channels, **arguments)`."""

FLATTENED = "flattened"
"""What probes call the pooling that pools nothing, every position of a map kept; encoders
themselves have none of that name.
"""


def build_pooling(
    name: str, map_channels: Sequence[int], arguments: dict[str, Any] | None = None
) -> nn.Module:
    """Return the pooling of that name.

    Args:
        name: one of `POOLINGS`.
        map_channels: channels of each map of the encoder.
        arguments: keyword arguments of the pooling.

    Raises:
        RecipeError: an unknown name, an impossible argument, or a map that the encoder does not
            have.

    Example:
        >>> build_pooling("stages", [8, 16, 32], {"n": 3}).feature_dim
        56
    """
    if name not in POOLINGS:
        raise RecipeError(f"there is no pooling {name!r}; there are {', '.join(POOLINGS)}")
    try:
        return POOLINGS[name](list(map_channels), **(arguments or {}))
    except IndexError as error:
        raise RecipeError(
            f"pooling {name!r} wants a map that the encoder does not have: it has "
            f"{len(map_channels)}"
        ) from error
    except (TypeError, ValueError) as error:
        raise RecipeError(f"pooling {name!r} does not take {arguments}: {error}") from error
