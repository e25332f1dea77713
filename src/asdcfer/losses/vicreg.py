"""VICReg's three terms: views agree, dimensions vary, and no two of them say the same."""

import torch
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def invariance(one: Tensor, other: Tensor) -> Tensor:
    """Return the mean squared difference of two views' embeddings.

    s = mean_b mean_d ( z_bd - z'_bd )^2

    Args:
        one: (B,D), not normalized; carries the gradient.
        other: (B,D), of the other view; carries it as well.

    Returns:
        Scalar, >= 0.

    Source: Bardes et al., VICReg, ICLR 2022, eq. 5. NOTE: our reading: the mean over dimensions of
        its public code, where the paper writes a sum.

    Example:
        >>> invariance(torch.zeros(2, 3), torch.ones(2, 3)).item()
        1.0
    """
    return (one - other).square().mean(dim=1).mean()


@in_float32
def variance_hinge(embeddings: Tensor, target: float = 1.0, epsilon: float = 1e-4) -> Tensor:
    """Return how far the dimensions' deviations over a batch fall short of a target.

    v = mean_d max( 0, target - sqrt( Var_b z_bd + epsilon ) )

    Args:
        embeddings: (B,D), B >= 2.
        target: least deviation wanted.
        epsilon: keeps the gradient of the root finite.

    Returns:
        Scalar in 0..target; near target for embeddings that are all the same.

    Source: VICReg, eq. 1 and 2; the variance is the unbiased one.

    Example:
        >>> round(variance_hinge(torch.ones(4, 3)).item(), 2)
        0.99
    """
    deviation = (embeddings.var(dim=0) + epsilon).sqrt()
    return (target - deviation).clamp_min(0).mean()


@in_float32
def covariance_penalty(embeddings: Tensor) -> Tensor:
    """Return the mean over dimensions of the squared covariances with the other dimensions.

    c = 1/D sum_{i != j} C_ij^2,  C the covariance matrix of the batch

    Args:
        embeddings: (B,D), B >= 2.

    Returns:
        Scalar, >= 0; 0 where no two dimensions vary together.

    Source: VICReg, eq. 3 and 4.

    Example:
        >>> covariance_penalty(torch.tensor([[1.0, 1.0], [-1.0, -1.0]])).item()
        4.0
    """
    centered = embeddings - embeddings.mean(dim=0)
    covariance = centered.T @ centered / (len(embeddings) - 1)
    dim = embeddings.shape[1]
    off = covariance.masked_fill(torch.eye(dim, dtype=torch.bool, device=covariance.device), 0)
    return off.square().sum() / dim
