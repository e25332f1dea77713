"""Corruptions: functions that make faces worse, one kind at a time, each at levels of its own."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.evaluation.occluders import hide_random_cells, wear_mask, wear_sunglasses

GAMMA = 2.2
"""Exponent from pixels to light."""
FULL_WELL = 1000.0
"""Photons of a white pixel in full light; fewer photons are a noisier picture."""


class Corruption(NamedTuple):
    """One kind of corruption.

    Attributes:
        apply: float images (N,C,H,W) in 0..1, a level and a generator -> corrupted images.
        levels: the first leaves images as they are.
        unit: of a level.
    """

    apply: Callable[[Tensor, float, torch.Generator], Tensor]
    levels: tuple[float, ...]
    unit: str


def blur(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Gaussian blur; level is its deviation as a share of the image's side."""
    sigma = level * x.shape[-1]
    if sigma <= 0:
        return x
    reach = min(max(1, math.ceil(3 * sigma)), x.shape[-1] - 1)
    places = torch.arange(-reach, reach + 1, dtype=x.dtype)
    kernel = torch.exp(-places.square() / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(x.shape[1], 1, 1, -1)
    x = F.conv2d(F.pad(x, (reach, reach, 0, 0), mode="reflect"), kernel, groups=x.shape[1])
    return F.conv2d(
        F.pad(x, (0, 0, reach, reach), mode="reflect"), kernel.transpose(2, 3), groups=x.shape[1]
    )


def noise(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Gaussian noise; level is its deviation, pixels being 0..1."""
    return x + level * torch.randn(x.shape, generator=generator)


def rotation(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Rotate by `level` degrees, to either side at random; the rim is repeated outwards."""
    angle = math.radians(level) * (torch.randint(0, 2, (len(x),), generator=generator) * 2 - 1).to(
        x.dtype
    )
    zero = torch.zeros_like(angle)
    maps = torch.stack(
        [
            torch.stack([angle.cos(), -angle.sin(), zero], 1),
            torch.stack([angle.sin(), angle.cos(), zero], 1),
        ],
        1,
    )
    return F.grid_sample(
        x,
        F.affine_grid(maps, list(x.shape), align_corners=False),
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )


def resolution(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Down-sample to `level` of the side and enlarge again."""
    side = max(1, round(level * x.shape[-1]))
    if side >= x.shape[-1]:
        return x
    small = F.interpolate(
        x, size=(side, side), mode="bilinear", antialias=True, align_corners=False
    )
    return F.interpolate(small, size=x.shape[-2:], mode="bilinear", align_corners=False)


def brightness(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Add `level` (pixels being 0..1) with saturation; negative darkens."""
    return x + level


def low_light(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Leave `level` of the light: darker, and noisier as fewer photons arrive.

    The noise is the deviation of the count of photons, `sqrt(n)`, in its normal approximation.
    """
    if level >= 1:
        return x
    photons = x.clamp(0, 1) ** GAMMA * level * FULL_WELL
    counted = photons + photons.sqrt() * torch.randn(x.shape, generator=generator)
    return (counted.clamp_min(0) / FULL_WELL) ** (1 / GAMMA)


def occlusion(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Hide a square that covers `level` of the area, at a random place, by the image's mean."""
    side = round(math.sqrt(level) * x.shape[-1])
    if side == 0:
        return x
    out = x.clone()
    corners = torch.randint(0, x.shape[-1] - side + 1, (len(x), 2), generator=generator).tolist()
    for image, (top, left) in zip(out, corners, strict=True):
        image[:, top : top + side, left : left + side] = image.mean()
    return out


def grid_occlusion(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Hide `level` of the cells of a 6x6 grid, at random, by the image's mean."""
    return hide_random_cells(x, level, generator)


def sunglasses(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Put dark glasses of size `level` on; 1 covers both eyes of an upright cropped face."""
    return wear_sunglasses(x, level)


def mask(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """Pull a mask up by `level`; 1 covers mouth and nose of an upright cropped face."""
    return wear_mask(x, level)


CORRUPTIONS: dict[str, Corruption] = {
    "blur": Corruption(blur, (0.0, 0.01, 0.02, 0.03, 0.05), "deviation / side"),
    "noise": Corruption(noise, (0.0, 0.03, 0.06, 0.1, 0.2), "deviation, pixels 0..1"),
    "rotation": Corruption(rotation, (0.0, 10.0, 20.0, 30.0, 45.0), "degrees"),
    "resolution": Corruption(resolution, (1.0, 0.67, 0.5, 0.33, 0.25), "share of the side"),
    "brightness": Corruption(brightness, (0.0, -0.4, -0.2, 0.2, 0.4), "added, pixels 0..1"),
    "low_light": Corruption(low_light, (1.0, 0.5, 0.2, 0.1, 0.05), "share of the light"),
    "occlusion": Corruption(occlusion, (0.0, 0.05, 0.1, 0.2, 0.3), "share of the area"),
    "grid_occlusion": Corruption(grid_occlusion, (0.0, 0.1, 0.2, 0.3, 0.5), "share of the cells"),
    "sunglasses": Corruption(sunglasses, (0.0, 0.5, 0.75, 1.0, 1.25), "size, 1 covers the eyes"),
    "mask": Corruption(mask, (0.0, 0.25, 0.5, 0.75, 1.0), "pulled up, 1 covers the nose"),
}
"""Name -> corruption: the only line that a new corruption adds."""


def corrupt(images: np.ndarray, name: str, level: float, seed: int = 0) -> np.ndarray:
    """Return uint8 images of the same shape with one kind of corruption.

    The same seed gives the same images.

    Args:
        images: uint8 (N,H,W) or (N,H,W,3).
        name: one of `CORRUPTIONS`.
        level: in the unit of the corruption.
        seed: of what is random.

    Example:
        >>> face = np.full((1, 48, 48), 100, np.uint8)
        >>> corrupt(face, "brightness", 0.2)[0, 0, 0]
        np.uint8(151)
    """
    x = torch.from_numpy(np.array(images)).float() / 255
    x = x.permute(0, 3, 1, 2) if x.ndim == 4 else x[:, None]
    x = CORRUPTIONS[name].apply(x, level, torch.Generator().manual_seed(seed))
    out = (x.clamp(0, 1) * 255).round().to(torch.uint8)
    faces: np.ndarray = (out.permute(0, 2, 3, 1) if images.ndim == 4 else out[:, 0]).numpy()
    return faces
