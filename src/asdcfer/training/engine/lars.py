"""LARS: layer-wise adaptive rate scaling, for large batches."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.optim import Optimizer


class LARS(Optimizer):
    """SGD with momentum whose step is scaled, tensor by tensor, to the size of the weights.

    For a tensor w with gradient g, weight decay b and trust coefficient e: `d = g + b w`, `r = e
    |w| / |d|` (1 where a norm is zero or the group is not adapted), `v <- m v + r d`, `w <- w - lr
    v`.

    Args:
        params: parameters or groups; a group with `adapt=False` (biases, normalization) takes plain
            SGD steps.
        lr: learning rate, above 0.
        sgd_momentum: m, in 0..1.
        weight_decay: b, at least 0.
        trust_coefficient: e, above 0.

    Source: You, Gitman, Ginsburg, "Large batch training of convolutional networks" (2017),
    algorithm 1. NOTE: our reading: the decay is inside the norm of the denominator (|g + b w|, as
    the self-supervised literature does) rather than a sum of two norms.

    Example:
        >>> w = torch.nn.Parameter(torch.tensor([[3.0, 4.0]]))
        >>> optimizer = LARS([w], lr=1.0, sgd_momentum=0.0, trust_coefficient=0.1)
        >>> w.grad = torch.tensor([[0.0, 2.0]])
        >>> _ = optimizer.step()
        >>> w.detach()
        tensor([[3.0000, 3.5000]])
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        sgd_momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float = 1e-3,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "sgd_momentum": sgd_momentum,
                "weight_decay": weight_decay,
                "trust_coefficient": trust_coefficient,
                "adapt": True,
            },
        )

    @torch.no_grad()
    def step(  # type: ignore[override]  # one signature in place of the two overloads
        self, closure: Callable[[], float] | None = None
    ) -> float | None:
        """Make one update; returns the loss of `closure` where one is given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                direction = weight.grad.add(weight, alpha=group["weight_decay"])
                if group["adapt"]:
                    size, slope = weight.norm(), direction.norm()
                    # A `where` instead of an `if` keeps the numbers on the device.
                    trust = torch.where(
                        (size > 0) & (slope > 0),
                        group["trust_coefficient"] * size / slope.clamp_min(1e-30),
                        torch.ones_like(size),
                    )
                    direction = direction * trust
                state = self.state[weight]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(weight)
                velocity = state["momentum_buffer"]
                velocity.mul_(group["sgd_momentum"]).add_(direction)
                weight.add_(velocity, alpha=-group["lr"])
        return loss
