"""MomentumEncoder: a slowly moving copy of a network, buffers included."""

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn

from asdcfer.errors import TrainingError


class MomentumEncoder(nn.Module):
    """An exact copy of a network that follows it as a moving average and is never trained itself.

    `key = momentum * key + (1 - momentum) * query`, for parameters and floating-point buffers
    alike; integer buffers (the batch counters of BatchNorm) are copied. At step 0 the copy equals
    the network, projector and buffers included, and nothing is shared between them.

    It keeps the training mode of the network at the time of the copy and is switched by `.train()`
    / `.eval()` as any module: in training mode its BatchNorm uses the statistics of the batch of
    keys, as MoCo does; in evaluation mode the averaged ones.

    Args:
        network: what to follow: the encoder, or encoder and projector in one module.

    Source: He et al., MoCo, CVPR 2020, eq. 2; Tarvainen and Valpola, Mean Teacher, NeurIPS 2017.
        NOTE: our reading: buffers are averaged too, so that a copy used in evaluation mode has the
        statistics of its own weights.

    Example:
        >>> network = nn.Linear(2, 1, bias=False)
        >>> follower = MomentumEncoder(network)
        >>> _ = network.weight.data.add_(1.0)
        >>> before = follower.network.weight.clone()
        >>> follower.update(network, 0.9)
        >>> bool(torch.allclose(follower.network.weight, before + 0.1))
        True
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = copy.deepcopy(network)
        self.network.requires_grad_(False)
        self.train(network.training)

    @torch.no_grad()
    def update(self, network: nn.Module, momentum: float) -> None:
        """Move the copy towards the network by `1 - momentum`.

        Args:
            network: the network that this is a copy of.
            momentum: in 0 .. 1; 0 copies, 1 leaves the copy as it is.

        Raises:
            ValueError: momentum is outside 0 .. 1.
            TrainingError: the network has other tensors than the copy.
        """
        if not 0.0 <= momentum <= 1.0:
            raise ValueError(f"momentum must be in 0 .. 1, not {momentum}")
        mine, theirs = _tensors(self.network), _tensors(network)
        if mine.keys() != theirs.keys():
            odd = sorted(mine.keys() ^ theirs.keys())
            raise TrainingError(
                f"the momentum encoder is a copy of another network: {odd[0]} is in one and not in "
                "the other"
            )
        averaged = [name for name, tensor in mine.items() if tensor.is_floating_point()]
        torch._foreach_lerp_(
            [mine[name] for name in averaged],
            [theirs[name].to(mine[name].dtype) for name in averaged],
            1.0 - momentum,
        )
        for name in mine.keys() - set(averaged):
            mine[name].copy_(theirs[name])

    @torch.no_grad()
    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the copy makes of the input, without gradient."""
        return self.network(*args, **kwargs)


def momentum_at(progress: float, start: float, end: float) -> float:
    """Return the momentum at a point of training: from `start` to `end` along half a cosine.

    `end - (end - start) (cos(pi progress) + 1) / 2`

    Args:
        progress: 0 at the first step, 1 at the last; values outside are clipped.
        start: momentum at the first step, in 0 .. 1.
        end: momentum at the last step, in 0 .. 1.

    Source: Grill et al., BYOL, NeurIPS 2020, section 3.2.

    Example:
        >>> [round(momentum_at(p, 0.99, 1.0), 4) for p in (0.0, 0.5, 1.0)]
        [0.99, 0.995, 1.0]
    """
    progress = min(max(progress, 0.0), 1.0)
    return end - (end - start) * (math.cos(math.pi * progress) + 1) / 2


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    # Not state_dict(): buffers that are not saved belong to the copy as well.
    return dict(network.named_parameters()) | dict(network.named_buffers())
