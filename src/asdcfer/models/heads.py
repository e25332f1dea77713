"""Heads of contrast: the projector, and the predictor of the query side."""

from torch import Tensor, nn


class Projector(nn.Module):
    """A multi-layer perceptron with batch normalization: `linear -> norm -> relu -> ... -> linear`.

    Its output is not normalized to unit length; the losses do that.

    Args:
        in_dim: width of the feature.
        hidden_dim: width of the hidden layers.
        out_dim: D, width of the output.
        layers: linear layers in all, at least 1.

    Source: Chen et al., MoCo-v2, arXiv 2003.04297 (2 layers); MoCo-v3, ICCV 2021 (batch
        normalization in the hidden layers).

    Example:
        >>> import torch
        >>> Projector(64, hidden_dim=32, out_dim=16)(torch.zeros(4, 64)).shape
        torch.Size([4, 16])
    """

    def __init__(
        self, in_dim: int, hidden_dim: int = 2048, out_dim: int = 128, layers: int = 2
    ) -> None:
        super().__init__()
        if layers < 1:
            raise ValueError(f"a projector needs at least one layer, not {layers}")
        self.in_dim, self.hidden_dim, self.out_dim, self.layers = (
            in_dim,
            hidden_dim,
            out_dim,
            layers,
        )
        parts: list[nn.Module] = []
        width = in_dim
        for _ in range(layers - 1):
            # No bias: the normalization that follows would take it away again.
            parts += [
                nn.Linear(width, hidden_dim, bias=False),
                nn.BatchNorm1d(hidden_dim),
                nn.ReLU(),
            ]
            width = hidden_dim
        self.network = nn.Sequential(*parts, nn.Linear(width, out_dim))

    @property
    def arguments(self) -> dict[str, int]:
        """The keyword arguments that make this projector again."""
        return {
            "in_dim": self.in_dim,
            "hidden_dim": self.hidden_dim,
            "out_dim": self.out_dim,
            "layers": self.layers,
        }

    def forward(self, feature: Tensor) -> Tensor:
        """Return (B, out_dim) of features (B, in_dim)."""
        result: Tensor = self.network(feature)
        return result


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
        result: Tensor = self.network(projection)
        return result
