"""Predictor: the extra head of the query side, so that the two sides are not alike."""

from torch import Tensor, nn


class Predictor(nn.Module):
    """`linear -> norm -> relu -> linear` from the embedding space to itself.

    Args:
        dim: width of what the projector gives, and of the output.
        hidden_dim: width of the hidden layer.

    Source: Grill et al., BYOL, NeurIPS 2020, section 3.1; Chen et al., MoCo-v3, ICCV 2021.

    Example:
        >>> import torch
        >>> Predictor(16, 8)(torch.zeros(4, 16)).shape
        torch.Size([4, 16])
    """

    def __init__(self, dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(dim, hidden_dim, bias=False),
            nn.BatchNorm1d(hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, dim),
        )

    def forward(self, projection: Tensor) -> Tensor:
        """Return (B, dim) of projections (B, dim)."""
        return self.network(projection)
