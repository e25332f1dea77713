"""Global geometry of a view: crop, flip and rotation as one affine map.

So pixels are interpolated once.
"""

import math

import torch
from torch import Tensor

GEOMETRY_DRAWS = 6
"""Uniform numbers per image that `affine_maps` consumes."""


def affine_maps(
    draws: Tensor,
    crop_area: tuple[float, float] = (0.5, 1.0),
    aspect: tuple[float, float] = (0.9, 1.1),
    hflip: float = 0.5,
    rotate: float = 0.0,
) -> Tensor:
    """Return for each image the map from view to image coordinates.

    Both are -1..1, x to the right, y down.

    image = center + diag(s_x, s_y) R(angle) diag(+-1, 1) view,  s_x = sqrt(area aspect),  s_y =
    sqrt(area / aspect), at most 1

    The crop lies inside the image; only a rotation can reach over its rim.

    Args:
        draws: (B,6) uniform numbers in 0..1, one row an image: area, aspect, x, y, flip, angle.
        crop_area: least and largest share of the image's area.
        aspect: least and largest width / height of the crop, log-uniform.
        hflip: probability of a mirror image.
        rotate: largest angle either way, degrees.

    Returns:
        (B,2,3) affine maps as `torch.nn.functional.affine_grid` wants them.

    Example:
        >>> draws = torch.full((1, 6), 0.999)
        >>> affine_maps(draws, crop_area=(1, 1), aspect=(1, 1))[0].abs().tolist()
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    u = draws.unbind(1)
    area = crop_area[0] + (crop_area[1] - crop_area[0]) * u[0]
    ratio = torch.exp(math.log(aspect[0]) + (math.log(aspect[1]) - math.log(aspect[0])) * u[1])
    half_width, half_height = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    center_x, center_y = (1 - half_width) * (2 * u[2] - 1), (1 - half_height) * (2 * u[3] - 1)
    mirror = torch.where(u[4] < hflip, -1.0, 1.0)
    angle = math.radians(rotate) * (2 * u[5] - 1)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    first = torch.stack([half_width * cosine * mirror, -half_width * sine, center_x], dim=1)
    second = torch.stack([half_height * sine * mirror, half_height * cosine, center_y], dim=1)
    return torch.stack([first, second], dim=1)


def sampling_grid(maps: Tensor, size: int, displacement: Tensor | None = None) -> Tensor:
    """Return where in the image each pixel of the view is read: maps(p + displacement(p)).

    Args:
        maps: (B,2,3) from `affine_maps`.
        size: side S of the view, pixels.
        displacement: (B,2,S,S) from `warp.local_displacement`, in view coordinates, or None.

    Returns:
        (B,S,S,2) as `torch.nn.functional.grid_sample` (align_corners=False) wants it.

    Example:
        >>> sampling_grid(torch.eye(2, 3)[None], size=2)[0, 0].tolist()
        [[-0.5, -0.5], [0.5, -0.5]]
    """
    line = (torch.arange(size, device=maps.device, dtype=maps.dtype) + 0.5) / size * 2 - 1
    x, y = line.view(1, 1, size), line.view(1, size, 1)
    if displacement is not None:
        x, y = x + displacement[:, 0], y + displacement[:, 1]
    m = maps.view(-1, 2, 3, 1, 1)
    grid = torch.empty(len(maps), size, size, 2, device=maps.device, dtype=maps.dtype)
    for axis in (0, 1):
        torch.add(m[:, axis, 0] * x + m[:, axis, 2], m[:, axis, 1] * y, out=grid[..., axis])
    return grid
