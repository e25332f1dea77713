"""Preprocessing from pixels to network input, for training, probes, recognition and export."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from asdcfer.errors import InputError

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in gray (ITU-R BT.601), as OpenCV and Pillow use them."""

IMAGE_STD_FLOOR = 0.02
"""Added to an image's own deviation so that a blank image becomes zeros and not amplified noise."""


class Preprocessing(BaseModel):
    """How an encoder wants its faces; stored with its weights.

    Attributes:
        size: side S of the square input, pixels.
        channels: 1 for gray, 3 for RGB.
        normalize: "image" subtracts each image's own mean and divides by its own deviation (removes
            exposure and contrast); "dataset" uses `mean` and `std`.
        mean, std: of pixels in 0..1, used by "dataset".

    Example:
        >>> faces = np.zeros((2, 30, 40), np.uint8)
        >>> Preprocessing(size=48).batch(faces).shape
        torch.Size([2, 1, 48, 48])
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(48, ge=16, le=512)
    channels: Literal[1, 3] = 1
    normalize: Literal["image", "dataset"] = "image"
    mean: float = 0.5077
    std: float = Field(0.2550, gt=0)

    def batch(self, images: np.ndarray | Tensor | Sequence[np.ndarray]) -> Tensor:
        """Turn uint8 images into network input.

        Args:
            images: uint8 (N,H,W) gray or (N,H,W,3) RGB of any size; or a list of (H,W) / (H,W,3)
                arrays of different sizes.

        Returns:
            float32 (N, channels, size, size), normalized.

        Raises:
            InputError: not uint8, or of another shape.
        """
        if isinstance(images, list | tuple):
            return self._each(images)
        tensor = _uint8_tensor(images)
        if 0 in tensor.shape[1:3]:
            raise InputError(f"images have no pixels: shape {tuple(tensor.shape)}")
        if tensor.ndim == 4 and tensor.shape[-1] == 3:
            pixels = tensor.permute(0, 3, 1, 2).float() / 255
        elif tensor.ndim == 3:
            pixels = tensor[:, None].float() / 255
        else:
            raise InputError(
                f"images must have shape (N,H,W) or (N,H,W,3), not {tuple(tensor.shape)}"
            )
        return self.normalized(self.resized(self.in_channels(pixels)))

    def _each(self, images: Sequence[np.ndarray]) -> Tensor:
        """Treat images of different sizes, those of one shape together."""
        result = torch.empty(len(images), self.channels, self.size, self.size)
        shapes: dict[tuple[int, ...], list[int]] = {}
        for i, image in enumerate(images):
            shapes.setdefault(np.shape(image), []).append(i)
        for rows in shapes.values():
            result[rows] = self.batch(np.stack([np.asarray(images[i]) for i in rows]))
        return result

    def in_channels(self, pixels: Tensor) -> Tensor:
        """Give float pixels (N,1 or 3,H,W) the encoder's number of channels."""
        if pixels.shape[1] == self.channels:
            return pixels
        if self.channels == 3:
            return pixels.expand(-1, 3, -1, -1)
        luma = pixels.new_tensor(LUMA).view(1, 3, 1, 1)
        return (pixels * luma).sum(1, keepdim=True)

    def resized(self, pixels: Tensor) -> Tensor:
        """Resize float pixels (N,C,H,W) to the encoder's side, low-passed when it shrinks them."""
        if pixels.shape[-2:] == (self.size, self.size):
            return pixels
        return F.interpolate(
            pixels,
            size=(self.size, self.size),
            mode="bilinear",
            antialias=True,
            align_corners=False,
        )

    def normalized(self, pixels: Tensor) -> Tensor:
        """Normalize float pixels (N,C,S,S) in 0..1, also inside an exported graph."""
        if self.normalize == "dataset":
            return (pixels - self.mean) / self.std
        centered = pixels - pixels.mean(dim=(1, 2, 3), keepdim=True)
        deviation = centered.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return centered / (deviation + IMAGE_STD_FLOOR)


def _uint8_tensor(images: object) -> Tensor:
    if isinstance(images, np.ndarray):
        if images.dtype != np.uint8:
            raise InputError(
                f"images must be uint8 in 0..255, not {images.dtype}; multiply by 255 and convert "
                "first"
            )
        # torch takes neither negative strides (mirrored views) nor read-only memory (a pack's
        # images) without a copy.
        plain = images.flags.writeable and all(stride >= 0 for stride in images.strides)
        return torch.from_numpy(images if plain else np.array(images, copy=True, order="C"))
    if not isinstance(images, Tensor) or images.dtype != torch.uint8:
        kind = images.dtype if isinstance(images, Tensor) else type(images).__name__
        raise InputError(
            f"images must be uint8 in 0..255, not {kind}; multiply by 255 and convert first"
        )
    return images
