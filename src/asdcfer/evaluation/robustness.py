"""Robustness: accuracy while faces get worse, one kind of damage at a time."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.data.pack import Pack
from asdcfer.data.splits import evenly_spaced
from asdcfer.errors import DataError
from asdcfer.evaluation.evaluate_model import measured_test_sets, renamed, same_names
from asdcfer.models.classifier import ExpressionModel

Damage = Callable[[Tensor, float, torch.Generator], Tensor]

BATCH_SIZE = 256


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
    """Rotation by `level` degrees, to one side or the other at random; the rim is repeated
    outwards.
    """
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
    """Shrink to `level` of the side and enlarge again."""
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


DAMAGES: dict[str, tuple[Damage, tuple[float, ...], str]] = {
    "blur": (blur, (0.0, 0.01, 0.02, 0.03, 0.05), "deviation / side"),
    "noise": (noise, (0.0, 0.03, 0.06, 0.1, 0.2), "deviation, pixels 0..1"),
    "rotation": (rotation, (0.0, 10.0, 20.0, 30.0, 45.0), "degrees"),
    "resolution": (resolution, (1.0, 0.67, 0.5, 0.33, 0.25), "share of the side"),
    "brightness": (brightness, (0.0, -0.4, -0.2, 0.2, 0.4), "added, pixels 0..1"),
    "occlusion": (occlusion, (0.0, 0.05, 0.1, 0.2, 0.3), "share of the area"),
}
"""Name -> damage, its levels (the first leaves the image as it is), and the unit of a level."""


def damaged(images: np.ndarray, name: str, level: float, seed: int = 0) -> np.ndarray:
    """Return uint8 images with one kind of damage, of the same shape; the same seed gives the same
    images.

    Args:
        images: uint8 (N,H,W) or (N,H,W,3).
        name: one of `DAMAGES`.
        level: in the unit of the damage.
        seed: of what is random.

    Example:
        >>> face = np.full((1, 48, 48), 100, np.uint8)
        >>> damaged(face, "brightness", 0.2)[0, 0, 0]
        np.uint8(151)
    """
    x = torch.from_numpy(np.array(images)).float() / 255
    x = x.permute(0, 3, 1, 2) if x.ndim == 4 else x[:, None]
    x = DAMAGES[name][0](x, level, torch.Generator().manual_seed(seed))
    out = (x.clamp(0, 1) * 255).round().to(torch.uint8)
    return (out.permute(0, 2, 3, 1) if images.ndim == 4 else out[:, 0]).numpy()


def robustness(
    model: ExpressionModel,
    pack: Pack,
    *,
    names: Sequence[str] = tuple(DAMAGES),
    split: str | None = None,
    tta: bool = False,
    images: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Return the accuracy of a model under growing damage.

    Args:
        model: as it is.
        pack: labeled.
        names: of `DAMAGES`.
        split: instead of "private" (or "test").
        tta: test-time flip.
        images: take so many, evenly spaced; None for all.
        seed: of what is random in a damage.
        progress: called with (images done, images in all).

    Returns:
        {"kind": "robustness", "protocol", "evaluated_on", "images", "seed", "flip", "curves":
        {name: {"unit", "levels", "accuracy"}}}.
    """
    unknown = [name for name in names if name not in DAMAGES]
    if unknown:
        raise DataError(f"there is no damage {unknown[0]!r}; there are {', '.join(DAMAGES)}")
    evaluated_on, where, rows = measured_test_sets(pack, split)[0]
    if images is not None:
        rows = evenly_spaced(rows, images)
    every = same_names(model.expressions, pack.expressions, pack)
    curves: dict[str, Any] = {}
    # The first level of every damage leaves the images as they are: those are looked at once for
    # all.
    total, done = len(rows) * (1 + sum(len(DAMAGES[name][1]) - 1 for name in names)), 0

    def accuracy(name: str, level: float) -> float:
        nonlocal done
        right = 0
        for start in range(0, len(rows), BATCH_SIZE):
            part = rows[start : start + BATCH_SIZE]
            given = damaged(np.asarray(pack.images[part]), name, level, seed + start)
            with torch.inference_mode():
                p = renamed(
                    model.probabilities(given, tta=tta).double().cpu().numpy(),
                    model.expressions,
                    every,
                )
            right += int((p.argmax(1) == pack.labels[part]).sum())
            done += len(part)
            if progress:
                progress(done, total)
        return right / len(rows)

    was = model.training
    model.eval()
    clean = accuracy(names[0], DAMAGES[names[0]][1][0]) if names else 0.0
    for name in names:
        _, levels, unit = DAMAGES[name]
        accuracies = [clean, *(accuracy(name, level) for level in levels[1:])]
        order = (
            np.argsort(levels) if name != "resolution" else np.argsort([-level for level in levels])
        )
        curves[name] = {
            "unit": unit,
            "levels": [levels[i] for i in order],
            "accuracy": [accuracies[i] for i in order],
        }
    model.train(was)
    return {
        "kind": "robustness",
        "protocol": f"the model as it is, images damaged by one thing at a time; reported on {where}",
        "evaluated_on": evaluated_on,
        "images": len(rows),
        "seed": seed,
        "tta": tta,
        "curves": curves,
    }
