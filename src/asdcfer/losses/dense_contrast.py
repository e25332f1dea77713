"""Dense contrast: each part of a face must find the same part in another view of it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@torch.no_grad()
@in_float32
def match_cells(query_features: Tensor, key_features: Tensor) -> Tensor:
    """Return for each cell of the query the cell of the key that looks most like it.

    match_bp = argmax_r cos(f_bp, g_br)

    Features before the projection decide, which change slowly; a mirrored or shifted view is
    matched as well, without knowing its geometry.

    Args:
        query_features: (B,P,C) cells of one view.
        key_features: (B,R,C) cells of the other view.

    Returns:
        (B,P) indices in 0..R-1.

    Source: DenseCL (Wang et al., CVPR 2021), eq. 3.

    Example:
        >>> cells = torch.eye(3)[None]
        >>> match_cells(cells, cells.flip(1)).tolist()
        [[2, 1, 0]]
    """
    return (
        F.normalize(query_features, dim=2) @ F.normalize(key_features, dim=2).transpose(1, 2)
    ).argmax(dim=2)


@in_float32
def dense_contrast(
    query: Tensor,
    key: Tensor,
    queue: Tensor | None = None,
    match: Tensor | None = None,
    temperature: float = 0.2,
    other_cells: bool = False,
) -> Tensor:
    """Return the mean cross-entropy, over images and cells, that picks each cell's counterpart.

    L = mean_bp -log( e^{q_bp.k_b,m(p)/t} / ( e^{q_bp.k_b,m(p)/t} + sum_j e^{q_bp.n_jp/t} [ + sum_{r
    != m(p)} e^{q_bp.k_br/t} ] ) )

    Args:
        query: (B,P,D) cells of one view, of any length; made unit here.
        key: (B,P,D) cells of the other view.
        queue: (K,P,D) cells of earlier images; a cell's negatives are the same cell of other faces.
            None or empty: the other images of the batch.
        match: (B,P) from `match_cells`; None pairs equal indices.
        temperature: > 0.
        other_cells: also take the key's other cells as negatives, which makes the cells of one face
            differ.

    Returns:
        Scalar, >= 0.

    Source: DenseCL (Wang et al., CVPR 2021), eq. 2. NOTE: our reading: negatives are cells of the
        same place, which suits aligned faces; DenseCL uses averaged maps. The `other_cells` option
        is ours.

    Example:
        >>> cells = torch.eye(4).view(2, 2, 4)
        >>> round(dense_contrast(cells, cells, queue=-cells, temperature=0.1).item(), 4)
        0.0
    """
    query, key = F.normalize(query, dim=2), F.normalize(key, dim=2)
    batch, cells, dim = query.shape
    paired = key if match is None else key.gather(1, match[:, :, None].expand(-1, -1, dim))
    logits = [(query * paired).sum(2, keepdim=True)]
    if queue is None or len(queue) == 0:
        same_image = torch.eye(batch, dtype=torch.bool, device=query.device)[:, None, :]
        logits.append(
            torch.einsum("bpd,kpd->bpk", query, key).masked_fill(same_image, float("-inf"))
        )
    else:
        logits.append(torch.einsum("bpd,kpd->bpk", query, F.normalize(queue, dim=2)))
    if other_cells:
        partner = (
            torch.arange(cells, device=query.device).expand(batch, -1) if match is None else match
        )
        logits.append(
            (query @ key.transpose(1, 2)).masked_fill(
                F.one_hot(partner, cells).bool(), float("-inf")
            )
        )
    scores = torch.cat(logits, dim=2).flatten(0, 1) / temperature
    return F.cross_entropy(
        scores, torch.zeros(batch * cells, dtype=torch.long, device=query.device)
    )
