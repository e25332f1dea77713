"""Synthetic occluders: rotated boxes, ellipses and bands pasted on views, batch by batch."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.augmentation.erasing import random_boxes

OCCLUDER_DRAWS = 8
"""Uniform numbers per image that `paste_occluders` consumes."""


def occluder_masks(draws: Tensor, size: int, area: tuple[float, float]) -> Tensor:
    """Return which pixels one occluder covers in each image.

    A third each are boxes and ellipses, turned by up to 45 degrees, and bands across the whole
    view, as masks, hands and hair make them.

    Args:
        draws: (B,6) uniform numbers in 0..1: four of the box, then kind and angle.
        size: side S of the view, pixels.
        area: least and largest area of the box, as a share of the view.

    Returns:
        (B,S,S) bool.

    Example:
        >>> draws = torch.full((1, 6), 0.5)
        >>> draws[0, 4] = 0.0
        >>> occluder_masks(draws, 4, (0.25, 0.25))[0].sum().item()
        4
    """
    x0, y0, half_width, half_height = random_boxes(draws[:, :4], area).view(-1, 4, 1, 1).unbind(1)
    kind = (draws[:, 4] * 3).long().clamp(max=2).view(-1, 1, 1)
    angle = (draws[:, 5].view(-1, 1, 1) - 0.5) * math.pi / 2
    line = (torch.arange(size, device=draws.device, dtype=draws.dtype) + 0.5) / size * 2 - 1
    x, y = line.view(1, 1, -1) - x0, line.view(1, -1, 1) - y0
    u = x * torch.cos(angle) + y * torch.sin(angle)
    v = y * torch.cos(angle) - x * torch.sin(angle)
    box = (u.abs() <= half_width) & (v.abs() <= half_height)
    ellipse = (u / half_width).square() + (v / half_height).square() <= 1
    # A band is as high as makes its area that of the box.
    band = v.abs() <= half_width * half_height
    return box & (kind == 0) | ellipse & (kind == 1) | band & (kind == 2)


def paste_occluders(
    views: Tensor, draws: Tensor, area: tuple[float, float] = (0.1, 0.35)
) -> tuple[Tensor, Tensor]:
    """Return views with one occluder pasted on each.

    It is filled with one tone between the darkest and the brightest of its view, or with the
    upside-down face of another image of the batch, which has the texture of skin.

    Args:
        views: (B,C,S,S) float.
        draws: (B,8) uniform numbers in 0..1, one row an image.
        area: least and largest area of an occluder, as a share of the view.

    Returns:
        The views (B,C,S,S), and which pixels are covered, bool (B,S,S).

    Example:
        >>> views, draws = torch.rand(2, 1, 16, 16), torch.rand(2, OCCLUDER_DRAWS)
        >>> occluded, covered = paste_occluders(views, draws)
        >>> bool((occluded == views)[:, 0][~covered].all())
        True
    """
    covered = occluder_masks(draws[:, :6], views.shape[-1], area)
    least = views.amin(dim=(1, 2, 3), keepdim=True)
    span = views.amax(dim=(1, 2, 3), keepdim=True) - least
    tone = least + span * draws[:, 6].view(-1, 1, 1, 1)
    other = views.roll(1, 0).flip(2)
    filling = torch.where((draws[:, 7] < 0.5).view(-1, 1, 1, 1), tone.expand_as(views), other)
    return torch.where(covered[:, None], filling, views), covered


def covered_cells(covered: Tensor, height: int, width: int) -> Tensor:
    """Return which cells of a grid are covered by half or more.

    Args:
        covered: bool (B,S,S).
        height: rows of the grid.
        width: columns of the grid.

    Returns:
        (B,height,width) float32 of 0 and 1.

    Example:
        >>> covered_cells(torch.tensor([[[True, False], [False, False]]]), 2, 2).tolist()
        [[[1.0, 0.0], [0.0, 0.0]]]
    """
    share = F.adaptive_avg_pool2d(covered[:, None].float(), (height, width))[:, 0]
    return (share >= 0.5).float()
