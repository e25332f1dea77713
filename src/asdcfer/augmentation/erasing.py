"""Region erasing: hide a rectangle, a different one in every image of the batch."""

from functools import lru_cache

import torch
from torch import Tensor

ERASE_DRAWS = 5
"""Uniform numbers per image that `erase_regions` consumes."""

PARTS = ((-0.42, -0.22, 0.36, 0.24), (0.42, -0.22, 0.36, 0.24), (0.0, 0.55, 0.50, 0.28))
"""Left eye with brow, right eye with brow, mouth, in an upright cropped face: center x, center y,
half width, half height, all in -1..1 coordinates.
"""


def random_boxes(draws: Tensor, area: tuple[float, float] = (0.03, 0.2)) -> Tensor:
    """Return a random rectangle for each row of draws.

    Args:
        draws: (B,4), 0..1.
        area: smallest and largest area, as a share of the image.

    Returns:
        (B,4): center x, center y, half width, half height, in -1..1 coordinates.

    Example:
        >>> random_boxes(torch.full((1, 4), 0.5), area=(0.25, 0.25))[0].tolist()
        [0.0, 0.0, 0.5, 0.5]
    """
    share = area[0] + (area[1] - area[0]) * draws[:, 0]
    ratio = torch.exp(0.7 * (2 * draws[:, 1] - 1))
    half = torch.stack([(share * ratio).sqrt(), (share / ratio).sqrt()], dim=1).clamp(max=1)
    return torch.cat([(1 - half) * (2 * draws[:, 2:4] - 1), half], dim=1)


def part_boxes(draws: Tensor) -> Tensor:
    """Return one of the facial `PARTS` for each row of draws: chosen anew for every image.

    Args:
        draws: (B,>=1), 0..1.

    Returns:
        (B,4), as `random_boxes` gives them.

    Example:
        >>> part_boxes(torch.tensor([[0.99]]))[0].tolist() == list(torch.tensor(PARTS[2]))
        True
    """
    return _parts_on(draws.device, draws.dtype)[
        (draws[:, 0] * len(PARTS)).long().clamp(max=len(PARTS) - 1)
    ]


@lru_cache(maxsize=16)
def _parts_on(device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return `PARTS` as a tensor that stays on the device."""
    return torch.tensor(PARTS, device=device, dtype=dtype)


def erase_regions(
    pixels: Tensor, boxes: Tensor, erased: Tensor, grid: Tensor | None = None
) -> Tensor:
    """Fill each chosen image's rectangle with the image's own mean.

    Args:
        pixels: (B,C,S,S) float.
        boxes: (B,4) center x, center y, half width, half height.
        erased: (B,) bool, which images.
        grid: (B,S,S,2) coordinates in which `boxes` are meant: the sampling grid for parts of the
            face (a part is hidden where the crop has put it), None for coordinates of the view
            itself.

    Returns:
        (B,C,S,S).

    Example:
        >>> face = torch.arange(4.0).view(1, 1, 2, 2)
        >>> box = torch.tensor([[-0.5, -0.5, 0.4, 0.4]])
        >>> erase_regions(face, box, torch.tensor([True]))[0, 0].tolist()
        [[1.5, 1.0], [2.0, 3.0]]
    """
    x0, y0, half_width, half_height = boxes.view(-1, 4, 1, 1).unbind(1)
    if grid is None:
        line = (
            torch.arange(pixels.shape[-1], device=pixels.device, dtype=pixels.dtype) + 0.5
        ) / pixels.shape[-1] * 2 - 1
        x, y = line.view(1, 1, -1), line.view(1, -1, 1)
    else:
        x, y = grid[..., 0], grid[..., 1]
    inside = (
        ((x - x0).abs() <= half_width) & ((y - y0).abs() <= half_height) & erased.view(-1, 1, 1)
    )
    return torch.where(inside[:, None], pixels.mean(dim=(1, 2, 3), keepdim=True), pixels)
