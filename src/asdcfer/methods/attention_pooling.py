"""Attention pooling: the mean of a map under its own attention, and its projection."""

from torch import Tensor, nn

from asdcfer.losses.attention import spatial_attention
from asdcfer.losses.float32 import in_float32


@in_float32
def attention_pooled(feature_map: Tensor, temperature: float = 0.5) -> Tensor:
    """Return the mean over positions of a map, weighted by its own spatial attention.

    a = 1/HW sum_hw S_hw F_hw

    Args:
        feature_map: (B,C,H,W).
        temperature: of the attention, > 0; large comes to the plain mean.

    Returns:
        (B,C).

    Example:
        >>> import torch
        >>> attention_pooled(torch.ones(1, 3, 2, 2)).tolist()
        [[1.0, 1.0, 1.0]]
    """
    weights = spatial_attention(feature_map, temperature)
    return (weights[:, None] * feature_map).mean(dim=(2, 3))


class AttentionHead(nn.Module):
    """Projection of one map of an encoder under its own attention.

    Args:
        projector: takes the map's channels.
        map: which map, by index.
        temperature: of the attention.
    """

    def __init__(self, projector: nn.Module, map: int = -1, temperature: float = 0.5) -> None:
        super().__init__()
        self.projector, self.map, self.temperature = projector, map, temperature

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return the projection (B,D)."""
        projection: Tensor = self.projector(attention_pooled(maps[self.map], self.temperature))
        return projection
