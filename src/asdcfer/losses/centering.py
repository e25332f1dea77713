"""Centering: what an output says of all images alike is taken off before it becomes a target."""

import torch
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@torch.no_grad()
@in_float32
def sharpened_target(outputs: Tensor, center: Tensor, temperature: float) -> Tensor:
    """Return the target distributions of a momentum network's outputs.

    p = softmax( (g - c) / temperature )

    Centering alone would make all targets uniform, sharpening alone all the same; together they
    keep both collapses away.

    Args:
        outputs: (B,K).
        center: (K,), running mean of earlier outputs.
        temperature: > 0, well below the network's own.

    Returns:
        (B,K), rows sum to 1; without gradient.

    Source: DINO (Caron et al., ICCV 2021), section 3.1, "avoiding collapse".

    Example:
        >>> sharpened_target(torch.tensor([[2.0, 1.0]]), torch.tensor([1.0, 0.0]), 0.04)
        tensor([[0.5000, 0.5000]])
    """
    return ((outputs - center) / temperature).softmax(dim=1)


@torch.no_grad()
@in_float32
def moved_center(center: Tensor, outputs: Tensor, momentum: float = 0.9) -> Tensor:
    """Return the running mean of outputs after another batch.

    c <- m c + (1 - m) mean_b g_b

    Args:
        center: (K,).
        outputs: (B,K), of all views and processes.
        momentum: m, in 0..1.

    Source: DINO, eq. 4.

    Example:
        >>> moved_center(torch.zeros(2), torch.ones(3, 2), 0.9)
        tensor([0.1000, 0.1000])
    """
    return momentum * center + (1 - momentum) * outputs.mean(dim=0)
