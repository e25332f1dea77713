"""Prototypes: unit directions that embeddings are compared with."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Prototypes(nn.Module):
    """A linear layer without bias whose rows, and whose input, are of unit length.

    Args:
        dim: D, width of an embedding.
        count: K, prototypes.

    Source: Caron et al., SwAV, NeurIPS 2020, section 3; DINO, ICCV 2021, section 3.1, whose last
        layer is weight-normalized with a fixed length of 1. NOTE: our reading: the length is
        taken out in the forward pass, so that no step has to put the weights back.

    Example:
        >>> cosines = Prototypes(8, 5)(torch.randn(4, 8))
        >>> cosines.shape, bool(cosines.abs().max() <= 1)
        (torch.Size([4, 5]), True)
    """

    def __init__(self, dim: int, count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(count, dim))
        nn.init.trunc_normal_(self.weight, std=0.02)

    def forward(self, embedding: Tensor, learnt: bool = True) -> Tensor:
        """Return the cosines (B,K) of embeddings (B,D).

        Args:
            embedding: of any length.
            learnt: False sends a gradient of 0 to the prototypes, as at the beginning of a run.
        """
        weight = self.weight if learnt else self.weight.detach() + 0 * self.weight
        return F.linear(F.normalize(embedding, dim=1), F.normalize(weight, dim=1))
