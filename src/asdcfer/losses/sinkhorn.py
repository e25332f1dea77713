"""Sinkhorn: scores become soft assignments that use every target alike."""

import torch
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@torch.no_grad()
@in_float32
def sinkhorn(scores: Tensor, epsilon: float = 0.05, iterations: int = 3) -> Tensor:
    """Return assignments of rows to columns in which all columns weigh nearly the same.

    Q = diag(u) exp( scores / epsilon ) diag(v), with u and v such that each column of Q sums to
    B/K and each row to 1 (exactly; columns as far as the iterations go)

    Args:
        scores: (B,K), for example cosines.
        epsilon: > 0; small makes assignments hard.
        iterations: >= 1, alternating normalizations of columns and rows.

    Returns:
        (B,K), positive, rows sum to 1; without gradient.

    Source: Cuturi, Sinkhorn distances, NeurIPS 2013; as in Caron et al., SwAV, NeurIPS 2020, eq. 3
        and appendix. NOTE: computed on logarithms, so that a small epsilon overflows nowhere.

    Example:
        >>> sinkhorn(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), iterations=10)
        tensor([[0.5000, 0.5000],
                [0.5000, 0.5000]])
    """
    logs = scores / epsilon
    for _ in range(iterations):
        logs = logs - logs.logsumexp(dim=0, keepdim=True)
        logs = logs - logs.logsumexp(dim=1, keepdim=True)
    return logs.exp()
