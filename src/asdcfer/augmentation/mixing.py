"""Mixing: two images of a batch become one, blended (mixup) or made of two pieces (CutMix)."""

import math

import numpy as np
import torch
from torch import Tensor


def mixup(x: Tensor, target: Tensor, share: float, other: Tensor) -> tuple[Tensor, Tensor]:
    """Return each image blended with its partner, and the labels blended alike.

    `share x + (1 - share) x[other]`.

    Args:
        x: (B,C,H,W), normalized.
        target: (B,K), rows sum to 1.
        share: of the image itself, in 0..1; one number a batch.
        other: int64 (B,), the partner of each image.

    Source: Zhang et al., mixup, ICLR 2018, eq. 1; one share a batch as in section 3.

    Example:
        >>> x = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1)
        >>> x, y = mixup(x, torch.eye(2), 0.75, torch.tensor([1, 0]))
        >>> x.flatten().tolist(), y.tolist()
        ([0.25, 0.75], [[0.75, 0.25], [0.25, 0.75]])
    """
    return share * x + (1 - share) * x[other], share * target + (1 - share) * target[other]


def cutmix(
    x: Tensor, target: Tensor, share: float, other: Tensor, center: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """Return each image with a rectangle of its partner pasted in, and the labels blended.

    Labels are blended by the area that was really pasted. The rectangle has `sqrt(1 - share)` of
    each side and is cut off at the rim of the image.

    Args:
        x: (B,C,H,W), normalized.
        target: (B,K), rows sum to 1.
        share: of the image itself, in 0..1; one number a batch.
        other: int64 (B,), the partner of each image.
        center: of the rectangle, row and column as shares of the sides, in 0..1.

    Source: Yun et al., CutMix, ICCV 2019, eq. 1 and 2 and algorithm A1.

    Example:
        >>> x = torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4)])
        >>> other = torch.tensor([1, 0])
        >>> x, y = cutmix(x, torch.eye(2), 0.75, other, (0.0, 0.5))
        >>> x[0, 0].tolist()[0], y[0].tolist()
        ([0.0, 1.0, 1.0, 0.0], [0.875, 0.125])
    """
    height, width = x.shape[-2:]
    half = math.sqrt(1 - share) / 2
    (top, bottom), (left, right) = (
        (
            min(max(round((middle - half) * side), 0), side),
            min(max(round((middle + half) * side), 0), side),
        )
        for middle, side in zip(center, (height, width), strict=True)
    )
    mixed = x.clone()
    mixed[:, :, top:bottom, left:right] = x[other][:, :, top:bottom, left:right]
    kept = 1 - (bottom - top) * (right - left) / (height * width)
    return mixed, kept * target + (1 - kept) * target[other]


def mixed(
    x: Tensor,
    target: Tensor,
    rng: np.random.Generator,
    alpha: float,
    cut_alpha: float = 0.0,
    cut_share: float = 0.5,
) -> tuple[Tensor, Tensor]:
    """Return a batch mixed in one of the two ways, or as it is where both are off.

    Args:
        x: (B,C,H,W), normalized.
        target: (B,K), rows sum to 1.
        rng: source of all random numbers.
        alpha: of the Beta distribution of mixup's share; 0 switches it off.
        cut_alpha: of CutMix's share; 0 switches it off.
        cut_share: probability that a batch is cut and not blended, where both are on.
    """
    cut = cut_alpha > 0 and (alpha == 0 or rng.random() < cut_share)
    if not cut and alpha == 0:
        return x, target
    share = float(rng.beta(cut_alpha, cut_alpha) if cut else rng.beta(alpha, alpha))
    other = torch.from_numpy(rng.permutation(len(x))).to(x.device)
    if cut:
        return cutmix(x, target, share, other, (float(rng.random()), float(rng.random())))
    return mixup(x, target, share, other)
