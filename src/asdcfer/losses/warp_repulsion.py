"""Warp repulsion: a face is nearer to another view of itself than to its own warped versions."""

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def warp_repulsion(
    query: Tensor, key: Tensor, warps: Tensor, margin: float = 0.5, temperature: float | None = None
) -> Tensor:
    """Return by how much locally warped versions of a face are not yet further away than its view.

    hinge:   L = mean_b mean_w max( 0, margin + cos(q_b, v_bw) - cos(q_b, k_b) )
    softmax: L = mean_b -log( e^{q.k/t} / ( e^{q.k/t} + sum_w e^{q.v_w/t} ) )

    Args:
        query: (B,D), of any length; carries the gradient.
        key: (B,D) of another view of the same face.
        warps: (B,W,D), W >= 1, of versions whose mouth, eyes and brows were moved.
        margin: of the hinge, in 0..2.
        temperature: > 0 for the softmax; None for the hinge.

    Returns:
        Scalar, >= 0.

    Source: the abstract of ContraWarping (arXiv 2303.09034) names local warping as negatives of a
        siamese network. NOTE: our reading: both forms, and the margin.

    Example:
        >>> axes = torch.eye(2)
        >>> warp_repulsion(axes, axes, axes.flip(0)[:, None]).item()
        0.0
        >>> warp_repulsion(axes, axes, axes[:, None]).item()
        0.5
    """
    query, key, warps = (F.normalize(each, dim=-1) for each in (query, key, warps))
    positive = (query * key).sum(dim=1, keepdim=True)
    negative = torch.einsum("bd,bwd->bw", query, warps)
    if temperature is None:
        return (margin + negative - positive).clamp_min(0).mean(dim=1).mean()
    logits = torch.cat([positive, negative], dim=1) / temperature
    return -logits.log_softmax(dim=1)[:, 0].mean()
