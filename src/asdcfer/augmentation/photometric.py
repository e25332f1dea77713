"""Light and focus of a view: everything here keeps the expression."""

import math

import torch
from torch import Tensor

LIGHT_DRAWS = 5
"""Uniform numbers per image that `relight` consumes."""

BLUR_DRAWS = 2
"""Uniform numbers per image that `soften` consumes."""


def relight(
    pixels: Tensor,
    draws: Tensor,
    brightness: float,
    contrast: float,
    gamma: float = 0.0,
    shading: float = 0.0,
) -> Tensor:
    """Change each image's light.

    x' = clamp( (x^g - m) c + m b + s_x X + s_y Y ),  m the image's mean, c in 1 +- contrast, b in 1
    +- brightness, ln g in +- gamma, s in +- shading

    Encoders that normalize each image by itself undo b and c except where pixels saturate; gamma
    and shading (a slope of light across the face, X and Y in -1..1) survive that.

    Args:
        pixels: (B,C,S,S) float in 0..1.
        draws: (B,5) uniform numbers in 0..1.
        brightness: largest relative change of the image's mean, 0..1.
        contrast: largest relative change of what differs from the mean, 0..1.
        gamma: largest change of the exponent's logarithm.
        shading: largest slope, as change of brightness from the middle to the rim.

    Returns:
        (B,C,S,S) in 0..1.

    Example:
        >>> x, draws = torch.full((1, 1, 2, 2), 0.5), torch.full((1, 5), 1.0)
        >>> relight(x, draws, brightness=0.2, contrast=0.0).unique().tolist()
        [0.6000000238418579]
    """
    if not (brightness or contrast or gamma or shading):
        return pixels
    swing = (2 * draws - 1).view(-1, LIGHT_DRAWS, 1, 1, 1).unbind(1)
    if gamma:
        pixels = pixels.clamp(min=1e-4) ** torch.exp(gamma * swing[2])
    mean = pixels.mean(dim=(1, 2, 3), keepdim=True)
    factor = 1 + contrast * swing[1]
    pixels = (pixels * factor).add_(mean * (1 + brightness * swing[0] - factor))
    if shading:
        line = torch.linspace(-1, 1, pixels.shape[-1], device=pixels.device)
        pixels = pixels.add_(shading * (swing[3] * line + swing[4] * line[:, None]))
    return pixels.clamp_(0, 1)


def soften(pixels: Tensor, draws: Tensor, probability: float, sigma: float = 0.8) -> Tensor:
    """Blur some images of a batch a little, each by its own amount.

    A separable filter of three taps (a, 1 - 2a, a) with a = e / (1 + 2 e), e = exp(-1 / (2
    sigma_b^2)): shifts and sums, several times cheaper than one convolution with its own kernel for
    each image. Three taps are enough up to a deviation of about one pixel, which is much on a face
    of 48 pixels.

    Args:
        pixels: (B,C,S,S) float.
        draws: (B,2) uniform numbers in 0..1: whether, and how much.
        probability: share of the images that are blurred.
        sigma: largest deviation, pixels.

    Returns:
        (B,C,S,S); images that were not chosen are returned as they were.

    Example:
        >>> x, draws = torch.ones(1, 1, 4, 4), torch.tensor([[0.0, 1.0]])
        >>> soften(x, draws, probability=1.0).unique().tolist()
        [1.0]
    """
    if not probability:
        return pixels
    picked = draws[:, 0] < probability
    edge = torch.exp(-0.5 / (sigma * draws[:, 1]).clamp(min=1e-2).square())
    weight = (edge / (1 + 2 * edge)).view(-1, 1, 1, 1)
    if pixels.is_cuda:
        # Which images are chosen is known on the device only: asking would wait for it, and a
        # weight of 0 leaves an image as it is.
        chosen, part, weight = None, pixels, weight * picked.view(-1, 1, 1, 1)
    else:
        chosen = picked.nonzero()[:, 0]
        if not len(chosen):
            return pixels
        part, weight = pixels[chosen], weight[chosen]
    for axis in (2, 3):
        size = part.shape[axis]
        wide = torch.cat([part.narrow(axis, 0, 1), part, part.narrow(axis, size - 1, 1)], dim=axis)
        sides = wide.narrow(axis, 0, size) + wide.narrow(axis, 2, size)
        part = part * (1 - 2 * weight) + sides.mul_(weight)
    return part if chosen is None else pixels.index_copy(0, chosen, part)


def sharpest_sigma(size: int) -> float:
    """Return the largest blur that a face of `size` pixels bears.

    0.8 pixels at 48, growing with the root of the size, 1 at most.

    Example:
        >>> sharpest_sigma(48)
        0.8
    """
    return min(1.0, 0.8 * math.sqrt(size / 48))
