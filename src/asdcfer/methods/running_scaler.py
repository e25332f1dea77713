"""Running scaler: mean and deviation of a frozen teacher's outputs, gathered while training."""

import torch
from torch import Tensor, nn

from asdcfer.all_gather import all_gather_rows

FLOOR = 1e-3
"""Least deviation that is divided by: a channel that never responds stays near zero instead of
becoming noise.
"""


class RunningScaler(nn.Module):
    """Bring each dimension or channel to mean 0 and deviation 1 over all data seen so far.

    The features of a network after ReLU share a large mean: without its removal any two are alike,
    and imitating the mean is most of imitating the teacher. The teacher is frozen, so its
    statistics do not move, and counting all of its outputs converges to them. They are buffers: a
    checkpoint holds them. NOTE: our reading, for `norm` of method.md and for "standardized".

    Args:
        dim: dimensions or channels.

    Example:
        >>> scaler = RunningScaler(1)
        >>> scaler.observe(torch.tensor([[1.0], [3.0]]))
        >>> scaler(torch.tensor([[1.0], [3.0]])).flatten().round(decimals=3).tolist()
        [-1.0, 1.0]
    """

    count: Tensor
    mean: Tensor
    variance: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))
        self.register_buffer("mean", torch.zeros(dim, dtype=torch.float64))
        self.register_buffer("variance", torch.zeros(dim, dtype=torch.float64))

    @torch.no_grad()
    def observe(self, values: Tensor) -> None:
        """Take values into the statistics (Chan's pairwise formula).

        Args:
            values: (B,D) vectors or (B,D,H,W) maps; those of all processes count, in the order of
                their ranks.
        """
        rows = (values if values.ndim == 2 else values.movedim(1, -1).flatten(0, -2)).float()
        spread, center = torch.var_mean(rows, dim=0, correction=0)
        gathered = all_gather_rows(torch.stack([center, spread])).double()
        for mean, variance in gathered.view(-1, 2, rows.shape[1]):
            total = self.count + len(rows)
            share = len(rows) / total
            apart = mean - self.mean
            self.variance.copy_(
                self.variance * (1 - share)
                + variance * share
                + apart.square() * share * (1 - share)
            )
            self.mean.add_(apart * share)
            self.count.copy_(total)

    def forward(self, values: Tensor) -> Tensor:
        """Return standardized values of the same shape, float32."""
        shape = (1, -1) + (1,) * (values.ndim - 2)
        deviation = self.variance.sqrt().clamp(min=FLOOR).float().view(shape)
        return (values.float() - self.mean.float().view(shape)) / deviation
