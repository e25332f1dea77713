"""Smooth local warps: they move mouth, eyes and brows, and hence change the expression."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor


@lru_cache(maxsize=32)
def _node_weights(nodes: int, size: int) -> Tensor:
    """Return (size, nodes): how much each node of a line counts at each pixel (bicubic)."""
    line = torch.eye(nodes).view(nodes, 1, 1, nodes)
    return (
        F.interpolate(line, size=(1, size), mode="bicubic", align_corners=True)
        .view(nodes, size)
        .T.contiguous()
    )


@lru_cache(maxsize=32)
def _center_weight(size: int) -> Tensor:
    """Return (size,): 1 in the middle, falling smoothly to 0 at the rim.

    So hair and background stay in place.
    """
    x = (torch.arange(size) + 0.5) / size * 2 - 1
    return 1 - x.square()


@lru_cache(maxsize=64)
def _weights_on(nodes: int, size: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return (size, nodes) weights with the rim folded in, kept on the device.

    A copy at every step would wait for it.
    """
    return (_node_weights(nodes, size) * _center_weight(size)[:, None]).to(device, dtype)


def local_displacement(nodes: Tensor, size: int, amplitude: float = 0.12) -> Tensor:
    """Turn random nodes into a smooth displacement of every pixel.

    d(p) = amplitude (1 - x^2)(1 - y^2) sum_ij w_i(y) w_j(x) n_ij,  w bicubic, p = (x, y) in -1..1

    Args:
        nodes: (B,2,G,G) random numbers in -1..1; x displacement first. Each image has its own.
        size: side S of the view, pixels.
        amplitude: largest displacement of a node, as a fraction of half the width of the view. At
            0.12 mouths, eyes and brows change and the face stays a face; with normal numbers of the
            same deviation many faces are torn.

    Returns:
        (B,2,S,S) displacement in units of half the width, to be added to the sampling grid.

    Source: ContraWarping (arXiv 2303.09034) names the idea in its abstract. NOTE: our reading:
        grid, amplitude and center weight.

    Example:
        >>> local_displacement(2 * torch.rand(3, 2, 5, 5) - 1, size=48).shape
        torch.Size([3, 2, 48, 48])
        >>> float(local_displacement(torch.zeros(1, 2, 5, 5), size=8).abs().max())
        0.0
    """
    weights = _weights_on(nodes.shape[-1], size, nodes.device, nodes.dtype)
    return amplitude * (weights @ nodes @ weights.T)
