"""Encoder, projector and optional dense head as one network, which a momentum copy follows."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from asdcfer.methods.map_choice import channels_of_map
from asdcfer.models.encoder import Encoder
from asdcfer.models.facial_parts import PartPooling
from asdcfer.models.pooling import grid_means


@dataclass(frozen=True)
class EmbeddingOutput:
    """What a network makes of one view.

    Attributes:
        maps: feature maps of the encoder, shallow to deep, each (B,C_i,H_i,W_i).
        feature: (B,F), before the projector.
        projection: (B,D), after it, not normalized.
        cell_features: (B,P,C) features of parts of the face, None without a dense head.
        cells: (B,P,E) their projections, None without a dense head.
    """

    maps: list[Tensor]
    feature: Tensor
    projection: Tensor
    cell_features: Tensor | None = None
    cells: Tensor | None = None

    def dense(self) -> tuple[Tensor, Tensor]:
        """Return features and projections of the cells.

        Raises:
            ValueError: the network has no dense head.
        """
        if self.cell_features is None or self.cells is None:
            raise ValueError("cells are made by a dense head, and this network has none")
        return self.cell_features, self.cells


@dataclass(frozen=True)
class BatchEmbeddings:
    """One batch as both networks saw it.

    Attributes:
        queries: what the network makes of the views that ask, from the first on.
        keys: what the momentum network makes of the views from `first_key` on.
        warps: (B,W,D), what it makes of the warps; None without any.
        first_key: the view that the first key belongs to.
    """

    queries: list[EmbeddingOutput]
    keys: list[EmbeddingOutput]
    warps: Tensor | None
    first_key: int = 0

    def keys_for(self, view: int) -> list[EmbeddingOutput]:
        """Return the keys that a view's query must find: those of the other views."""
        return [key for i, key in enumerate(self.keys, self.first_key) if i != view]


class DenseHead(nn.Module):
    """Cut a map into cells or facial parts and project each with the same small network.

    Args:
        map_channels: channels of each map of the encoder.
        map: which map, by index.
        kind: "grid" for equal cells, "parts" for the attention-pooled facial parts of
            `models.facial_parts`.
        side: cells along a side of the grid.
        dim: width of a projected cell.

    Raises:
        TrainingError: there is no such map.

    Example:
        >>> import torch
        >>> head = DenseHead([8, 16], map=-1, kind="grid", side=3, dim=4)
        >>> features, cells = head([torch.rand(2, 8, 12, 12), torch.rand(2, 16, 6, 6)])
        >>> features.shape, cells.shape
        (torch.Size([2, 9, 16]), torch.Size([2, 9, 4]))
    """

    def __init__(
        self,
        map_channels: list[int],
        map: int = -2,
        kind: Literal["grid", "parts"] = "parts",
        side: int = 3,
        dim: int = 64,
    ) -> None:
        super().__init__()
        self.map, self.side = map, side
        channels = channels_of_map(map_channels, map, "dense_map")
        self.parts = PartPooling(map_channels, maps=(map,)) if kind == "parts" else None
        self.count = len(self.parts.names) if self.parts is not None else side * side
        self.projector = nn.Sequential(
            nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, dim)
        )

    def forward(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Return the features (B,P,C) and the projections (B,P,dim) of the cells."""
        if self.parts is not None:
            features = self.parts(maps).unflatten(1, (self.count, -1))
        else:
            features = grid_means(maps[self.map], self.side).flatten(2).transpose(1, 2)
        return features, self.projector(features)


class EmbeddingNetwork(nn.Module):
    """Encoder -> projector, with the maps and cells on the way kept.

    Args:
        encoder: any that follows the encoder contract.
        projector: feature -> projection.
        dense: head for dense contrast, or None.

    Example:
        >>> import torch
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> network = EmbeddingNetwork(encoder, nn.Linear(encoder.feature_dim, 8))
        >>> network(torch.zeros(2, 1, 48, 48)).projection.shape
        torch.Size([2, 8])
    """

    def __init__(
        self, encoder: Encoder, projector: nn.Module, dense: DenseHead | None = None
    ) -> None:
        super().__init__()
        self.encoder, self.projector, self.dense = encoder, projector, dense

    def forward(self, x: Tensor) -> EmbeddingOutput:
        """Embed one view (B,C,S,S); the encoder runs once."""
        maps = self.encoder.forward_maps(x)
        feature = self.encoder.pooling(maps)
        features, cells = self.dense(maps) if self.dense is not None else (None, None)
        return EmbeddingOutput(maps, feature, self.projector(feature), features, cells)
