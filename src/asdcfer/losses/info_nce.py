"""InfoNCE: a query must find its key among negatives."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32
from asdcfer.losses.queue_neighbors import false_negative_mask


@in_float32
def info_nce(
    query: Tensor,
    key: Tensor,
    queue: Tensor | None = None,
    warp_negatives: Tensor | None = None,
    temperature: float = 0.2,
    false_negative_threshold: float | None = None,
    ignored: Tensor | None = None,
    warp_weight: float = 1.0,
) -> Tensor:
    """Return the mean over the batch of the cross-entropy that picks each query's own key.

    With unit vectors q, k, queue rows n_j and the query's own warp negatives v_w:

        L = mean_b -log( e^{q.k/t} / ( e^{q.k/t} + N + V ) )
        N = sum_j e^{q.n_j/t},  V = warp_weight sum_w e^{q.v_w/t}

    Without a queue, or with one that holds nothing yet, the keys of the other images in the batch
    are the negatives (SimCLR, MoCo-v3).

    Args:
        query: (B,D), of any length; made unit here. Carries the gradient.
        key: (B,D) positives; the caller decides whether they carry a gradient.
        queue: (K,D) negatives shared by all queries, or None.
        warp_negatives: (B,W,D) negatives of each query's own face under a local warp, or None.
        temperature: > 0, usually 0.1 to 0.2.
        false_negative_threshold: shared negatives whose cosine with the query's own key is above
            this are left out; None keeps all.
        ignored: (B,K) bool, True leaves a shared negative out for that query (the row that served
            as nearest-neighbor positive); None keeps all.
        warp_weight: how many ordinary negatives one warp negative counts for.

    Returns:
        Scalar, >= 0; about log(1 + number of negatives) for features that know nothing.

    Source: van den Oord et al. 2018, eq. 4; MoCo (He et al. 2020), eq. 1; warp negatives after
        ContraWarping (arXiv 2303.09034).
        NOTE: our reading: a warp negative enters the same softmax as the queue, and is never masked
            as a false negative.

    Example:
        >>> axes = torch.eye(4)
        >>> loss = info_nce(axes[:2], axes[:2], queue=axes[2:], temperature=1.0)
        >>> round(loss.item(), 4)  # log(1 + 2/e)
        0.5514
    """
    query, key = F.normalize(query, dim=1), F.normalize(key, dim=1)
    positive = (query * key).sum(1, keepdim=True)
    left_out: Tensor | None
    if queue is None or len(queue) == 0:
        shared, left_out = key, torch.eye(len(key), dtype=torch.bool, device=key.device)
    else:
        shared, left_out = F.normalize(queue, dim=1), ignored
    if false_negative_threshold is not None:
        likely = false_negative_mask(key, shared, false_negative_threshold)
        left_out = likely if left_out is None else left_out | likely
    others = query @ shared.T / temperature
    logits = [
        positive / temperature,
        others if left_out is None else others.masked_fill(left_out, float("-inf")),
    ]
    if warp_negatives is not None and warp_negatives.shape[1] and warp_weight > 0:
        own = torch.einsum("bd,bwd->bw", query, F.normalize(warp_negatives, dim=2))
        logits.append(own / temperature + math.log(warp_weight))
    target = torch.zeros(len(query), dtype=torch.long, device=query.device)
    return F.cross_entropy(torch.cat(logits, dim=1), target)
