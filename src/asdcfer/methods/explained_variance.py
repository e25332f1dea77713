"""Explained variance: how much of a teacher's answers a student gives from faces it never saw."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import eval_mode

BATCH = 256


def explained_variance(predicted: Tensor, target: Tensor) -> float:
    """Return the share of the targets' variance that predictions explain.

    `1 - sum (p - t)^2 / sum (t - mean t)^2`

    Args:
        predicted: p, float (N,D), or (D,) for the same prediction everywhere.
        target: t, float (N,D).

    Returns:
        1 for the targets themselves, 0 for their mean, below 0 for worse.

    Example:
        >>> target = torch.tensor([[0.0, 1.0], [2.0, 1.0]])
        >>> explained_variance(target, target), explained_variance(target.mean(0), target)
        (1.0, 0.0)
    """
    target = target.double()
    unexplained = (predicted.double() - target).square().sum()
    spread = (target - target.mean(0)).square().sum().clamp_min(1e-12)
    return (1 - unexplained / spread).item()


@torch.no_grad()
def held_out_explained(
    method: nn.Module,
    encoder: Encoder,
    images: Tensor,
    answers: Callable[[Tensor], tuple[Tensor, Tensor]],
) -> float:
    """Return the explained variance on plain faces, in evaluation mode, in batches.

    Args:
        method: all of its parts are put in evaluation mode and back.
        encoder: whose preprocessing the faces get.
        images: uint8 (N,H,W) or (N,H,W,3).
        answers: gives (prediction, target), both (B,D), of a normalized batch.
    """
    found: list[tuple[Tensor, Tensor]] = []
    with eval_mode(method):
        device = next(encoder.parameters()).device
        for part in torch.split(images, BATCH):
            x = encoder.preprocessing.batch(part).to(device, memory_format=torch.channels_last)
            predicted, target = answers(x)
            found.append((predicted.float().cpu(), target.float().cpu()))
    predictions, targets = zip(*found, strict=True)
    return explained_variance(torch.cat(predictions), torch.cat(targets))
