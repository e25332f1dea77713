"""Hiding: cells of a grid over a view are filled with the view's mean."""

import torch.nn.functional as F
from torch import Tensor


def hide_cells(views: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Return views with the hidden cells filled with each image's own mean.

    Args:
        views: (B,C,S,S) float.
        hidden: (B,h,w) bool, cells of a grid over the whole view.

    Returns:
        The views (B,C,S,S), and which pixels are hidden, bool (B,S,S).

    Example:
        >>> import torch
        >>> face = torch.tensor([[[[1.0, 3.0], [5.0, 7.0]]]])
        >>> shown, pixels = hide_cells(face, torch.tensor([[[True, False], [False, False]]]))
        >>> shown.flatten().tolist(), pixels.sum().item()
        ([4.0, 3.0, 5.0, 7.0], 1)
    """
    side = (views.shape[2], views.shape[3])
    pixels = F.interpolate(hidden[:, None].float(), size=side, mode="nearest")[:, 0] > 0.5
    mean = views.mean(dim=(1, 2, 3), keepdim=True)
    return views.where(~pixels[:, None], mean), pixels
