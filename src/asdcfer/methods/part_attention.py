"""Part attention: how much of a map's attention falls into each part of a face."""

import torch
import torch.nn.functional as F
from torch import Tensor


@torch.no_grad()
def attention_in_boxes(
    attention: Tensor, boxes: Tensor, size: int, grid: Tensor | None = None
) -> Tensor:
    """Return the mean attention inside of each box, as shares of an image.

    Args:
        attention: (B,h,w), at least 0.
        boxes: (P,4) center x, center y, half width, half height, in -1..1 coordinates of the face.
        size: side S of the view, pixels.
        grid: (B,S,S,2) coordinates of the face at each pixel of the view, as
            `augmentation.geometry.sampling_grid` gives them; None where view and face are the same.

    Returns:
        (B,P) float32, rows sum to 1; a part that the crop left out counts next to nothing.

    Example:
        >>> attention = torch.tensor([[[3.0, 1.0]] * 2])
        >>> boxes = torch.tensor([[-0.5, 0.0, 0.5, 1.0], [0.5, 0.0, 0.5, 1.0]])
        >>> attention_in_boxes(attention, boxes, size=2)
        tensor([[0.7500, 0.2500]])
    """
    pixels = F.interpolate(
        attention[:, None].float(), size=(size, size), mode="nearest"
    )  # (B,1,S,S)
    if grid is None:
        line = (torch.arange(size, device=boxes.device) + 0.5) / size * 2 - 1
        y, x = torch.meshgrid(line, line, indexing="ij")
        grid = torch.stack([x, y], dim=2)[None]
    x0, y0, half_width, half_height = boxes.view(1, -1, 4, 1, 1).unbind(2)
    near = (grid[:, None, ..., 0] - x0).abs() <= half_width
    inside = near & ((grid[:, None, ..., 1] - y0).abs() <= half_height)
    total = (pixels * inside).sum(dim=(2, 3))
    mean = total / inside.sum(dim=(2, 3)).clamp_min(1) + 1e-6
    return mean / mean.sum(dim=1, keepdim=True)
