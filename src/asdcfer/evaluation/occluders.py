"""Occluders: shapes that hide a part of an upright cropped face, as a share of them grows."""

import torch
from torch import Tensor

from asdcfer.augmentation.hiding import hide_cells

CELLS = 6
"""Cells along each side of the grid."""

DARK, CLOTH = 0.05, 0.85
"""Brightness, 0..1, of sunglasses and of a mask."""

EYES = ((-0.42, -0.24), (0.42, -0.24))
"""Centers of the eyes in an upright cropped face, in -1..1 coordinates."""
LENS = (0.34, 0.24)
"""Half width and half height of a lens of size 1, in the same coordinates."""
BRIDGE = 0.05
"""Half height of the bar between the lenses and to the temples."""

NOSE, CHIN = -0.05, 1.05
"""Upper edge of a whole mask in the middle of the face, and its lower end."""


def hide_random_cells(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Hide random cells of a grid by the mean of each image.

    The same generator hides the same cells first, so that a larger share hides them as well.

    Args:
        x: float (N,C,H,W).
        share: of the 36 cells, 0..1.
        generator: of the cells.

    Example:
        >>> x = torch.arange(36.0).view(1, 1, 6, 6)
        >>> hidden = hide_random_cells(x, 0.5, torch.Generator().manual_seed(0))
        >>> int((hidden == x.mean()).sum())
        18
    """
    count = round(share * CELLS**2)
    order = torch.rand(len(x), CELLS**2, generator=generator).argsort(1)
    shown, _ = hide_cells(x, (order.argsort(1) < count).view(-1, CELLS, CELLS))
    return shown


def wear_sunglasses(x: Tensor, size: float) -> Tensor:
    """Put dark glasses on: two round lenses and the bar that joins them.

    Args:
        x: float (N,C,H,W) in 0..1, upright cropped faces.
        size: of the lenses; 1 covers both eyes, 0 none.

    Example:
        >>> x = torch.ones(1, 1, 48, 48)
        >>> worn = wear_sunglasses(x, 1.0)[0, 0]
        >>> bool(worn[18, 14] < 0.1), bool(worn[40, 24] < 0.1)
        (True, False)
    """
    if size <= 0:
        return x
    across, down = coordinates(x)
    covered = torch.zeros(x.shape[-2:], dtype=torch.bool)
    for column, row in EYES:
        wide, high = ((side * size) for side in LENS)
        covered |= ((across - column) / wide) ** 4 + ((down - row) / high) ** 4 <= 1
    covered |= ((down - EYES[0][1]).abs() <= BRIDGE * size).expand_as(covered)
    return torch.where(covered, torch.full((), DARK, dtype=x.dtype), x)


def wear_mask(x: Tensor, share: float) -> Tensor:
    """Pull a light mask up from the chin.

    Its upper edge is highest on the nose and falls towards the cheeks.

    Args:
        x: float (N,C,H,W) in 0..1, upright cropped faces.
        share: how far it is pulled up: 1 covers mouth and tip of the nose, 0 nothing.

    Example:
        >>> x = torch.zeros(1, 1, 48, 48)
        >>> worn = wear_mask(x, 1.0)[0, 0]
        >>> bool(worn[36, 24] > 0.8), bool(worn[16, 24] > 0.8)
        (True, False)
    """
    if share <= 0:
        return x
    across, down = coordinates(x)
    edge = CHIN - share * (CHIN - NOSE) + 0.25 * share * across.square()
    covered = (down >= edge) & (across.abs() <= 0.85)
    return torch.where(covered, torch.full((), CLOTH, dtype=x.dtype), x)


def coordinates(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the coordinates of the pixels across (1,W) and down (H,1), in -1..1."""
    high, wide = x.shape[-2:]
    down = (torch.arange(high, dtype=x.dtype) * 2 + 1) / high - 1
    across = (torch.arange(wide, dtype=x.dtype) * 2 + 1) / wide - 1
    return across[None, :], down[:, None]
