"""Dense gradient descriptors: edges around each point, in 4x4 cells of 8 directions."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

DIRECTIONS = 8
CELLS = 4
DESCRIPTOR_DIM = CELLS * CELLS * DIRECTIONS
NORM_FLOOR = 0.3
"""Added to a descriptor's length before it is scaled to 1, so that flat skin does not become
amplified noise; in units of a normalized image.
"""
CLIP = 0.2
"""Largest share of one bin, against single glaring edges."""


def positions(side: int, cell: int, stride: int) -> Tensor:
    """Return the coordinates (pixels) along one axis at which descriptors of one scale are taken.

    Example:
        >>> positions(48, 4, 20).tolist()
        [3, 23, 43]
    """
    margin = math.ceil(0.75 * cell)
    return torch.arange(margin, side - margin, stride)


def gradient_descriptors(x: Tensor, cell: int, stride: int = 2) -> Tensor:
    """Return dense descriptors of one scale.

    The image is smoothed (sigma = cell / 4), its gradient is shared among the two nearest of 8
    directions, summed in cells with triangular weights, and the 4x4 cells around a point form its
    descriptor: clipped, of unit length, under the square root (so that Euclid's distance is
    Hellinger's).

    Args:
        x: normalized gray images (B,1,S,S).
        cell: side of a cell, pixels.
        stride: distance of two points, pixels.

    Returns:
        (B, P*P, 128), P = len(positions(S, cell, stride)), rows first; each of unit length.

    Source: Lowe, IJCV 2004, section 6 (descriptor); Arandjelovic and Zisserman, CVPR 2012 (square
        root).

    Example:
        >>> gradient_descriptors(torch.randn(2, 1, 48, 48), cell=4, stride=20).shape
        torch.Size([2, 9, 128])
    """
    x = _smoothed(x.float(), cell / 4)
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    dx = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2
    dy = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2
    strength = (dx.square() + dy.square()).sqrt()
    angle = torch.atan2(dy, dx) * (DIRECTIONS / (2 * math.pi))
    bins = torch.arange(DIRECTIONS, device=x.device, dtype=x.dtype).view(1, -1, 1, 1)
    off = torch.remainder(angle - bins + DIRECTIONS / 2, DIRECTIONS) - DIRECTIONS / 2
    energy = (1 - off.abs()).clamp_min(0) * strength
    ramp = 1 - torch.arange(-cell + 1, cell, device=x.device, dtype=x.dtype).abs() / cell
    where = positions(x.shape[-1], cell, stride).to(x.device)
    # Padded first: a cell whose middle lies outside the image still holds what lies inside.
    reach = 2 * cell
    energy = _filtered(F.pad(energy, (reach, reach, reach, reach)), ramp, mode="constant")
    offsets = [round(step * cell) for step in (-1.5, -0.5, 0.5, 1.5)]
    rows = [energy.index_select(2, where + reach + dy) for dy in offsets]
    cells = [row.index_select(3, where + reach + dx) for row in rows for dx in offsets]
    found = torch.cat(cells, dim=1).flatten(2).transpose(1, 2)
    found = found / (found.norm(dim=2, keepdim=True) + NORM_FLOOR)
    found = F.normalize(found.clamp_max(CLIP), dim=2)
    return found.clamp_min(0).sqrt()


def multiscale_descriptors(
    x: Tensor, cells: Sequence[int], stride: int = 2
) -> tuple[Tensor, Tensor]:
    """Return the descriptors of several scales, and where each was taken.

    Args:
        x: normalized gray images (B,1,S,S).
        cells: sides of the cells, pixels, one a scale.
        stride: distance of two points, pixels.

    Returns:
        Descriptors (B,N,128) and positions (N,2) as (row, column) in -0.5..0.5 of the image's side.
    """
    found, where = [], []
    for cell in cells:
        found.append(gradient_descriptors(x, cell, stride))
        axis = positions(x.shape[-1], cell, stride).to(x) / x.shape[-1] - 0.5
        where.append(torch.cartesian_prod(axis, axis))
    return torch.cat(found, dim=1), torch.cat(where)


def _smoothed(x: Tensor, sigma: float) -> Tensor:
    reach = int(3 * sigma + 0.5)
    taps = torch.exp(
        -torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype).square() / (2 * sigma**2)
    )
    return _filtered(x, taps / taps.sum(), mode="replicate")


def _filtered(x: Tensor, taps: Tensor, mode: str) -> Tensor:
    """Filter rows and columns of every channel with the same taps, keeping the size."""
    channels, reach = x.shape[1], len(taps) // 2
    row, column = (
        taps.view(1, 1, 1, -1).expand(channels, 1, 1, -1),
        taps.view(1, 1, -1, 1).expand(channels, 1, -1, 1),
    )
    x = F.conv2d(F.pad(x, (reach, reach, 0, 0), mode=mode), row, groups=channels)
    return F.conv2d(F.pad(x, (0, 0, reach, reach), mode=mode), column, groups=channels)
