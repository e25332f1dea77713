"""A mixture of Gaussians with diagonal covariances, by expectation and maximization."""

from dataclasses import dataclass

import torch
from torch import Tensor

VARIANCE_FLOOR = 0.01
"""Least variance of a component, as a share of the data's: a component on a few equal points would
become infinitely sharp.
"""
BLOCK = 20_000


@dataclass(frozen=True)
class Mixture:
    """Weights (K,), means (K,D) and variances (K,D)."""

    weight: Tensor
    mean: Tensor
    variance: Tensor


def log_densities(z: Tensor, weight: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Return `log w_k N(z; m_k, v_k)` up to the constant all components share.

    Args:
        z: (..., D).
        weight: (K,).
        mean: (K,D).
        variance: (K,D).

    Returns:
        (..., K).

    Example:
        >>> mean, variance = torch.tensor([[0.0], [2.0]]), torch.ones(2, 1)
        >>> found = log_densities(torch.zeros(1, 1), torch.tensor([0.5, 0.5]), mean, variance)
        >>> found.diff().round(decimals=4).tolist()
        [[-2.0]]
    """
    precision = 1 / variance
    # One product for the square and the linear part: with many components the passes over (..., K)
    # cost more than the arithmetic.
    factors = torch.cat([-precision / 2, mean * precision], dim=1)
    constant = weight.log() - ((mean.square() * precision).sum(1) + variance.log().sum(1)) / 2
    flat = z.reshape(-1, z.shape[-1])
    return torch.addmm(constant, torch.cat([flat.square(), flat], dim=1), factors.T).view(
        *z.shape[:-1], -1
    )


def fit_gaussian_mixture(
    points: Tensor, components: int, rounds: int, generator: torch.Generator
) -> Mixture:
    """Learn a mixture: ten rounds of k-means, then `rounds` of expectation and maximization.

    Args:
        points: (N,D), N at least `components`.
        components: K.
        rounds: of expectation and maximization.
        generator: of the start; the same start gives the same mixture.

    Example:
        >>> left = torch.randn(200, 1, generator=torch.Generator().manual_seed(0)) - 5
        >>> points = torch.cat([left, torch.ones(200, 1) * 5])
        >>> found = fit_gaussian_mixture(points, 2, 10, torch.Generator().manual_seed(1))
        >>> sorted(found.mean.flatten().round().tolist())
        [-5.0, 5.0]
    """
    mean = points[
        torch.randperm(len(points), generator=generator)[:components].to(points.device)
    ].clone()
    for _ in range(10):
        owner = torch.cat(
            [torch.cdist(part, mean).argmin(1) for part in torch.split(points, BLOCK)]
        )
        count = torch.bincount(owner, minlength=components)[:, None]
        sums = torch.zeros_like(mean).index_add_(0, owner, points)
        mean = torch.where(count > 0, sums / count.clamp_min(1), mean)
    spread = points.var(0)
    mixture = Mixture(
        torch.full((components,), 1 / components).to(points),
        mean,
        (spread / 2).expand(components, -1).contiguous(),
    )
    for _ in range(rounds):
        mass, first, second = (points.new_zeros(()) for _ in range(3))
        for part in torch.split(points, BLOCK):
            share = log_densities(part, mixture.weight, mixture.mean, mixture.variance).softmax(1).T
            mass, first, second = (
                mass + share.sum(1),
                first + share @ part,
                second + share @ part.square(),
            )
        held = mass.clamp_min(1e-6)[:, None]
        mean = first / held
        variance = torch.maximum(second / held - mean.square(), VARIANCE_FLOOR * spread)
        mixture = Mixture((mass / mass.sum()).clamp_min(1e-8), mean, variance)
    return mixture
