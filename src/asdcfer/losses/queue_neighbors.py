"""Which shared negatives to believe, and which to take as positives instead."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@torch.no_grad()
@in_float32
def false_negative_mask(key: Tensor, queue: Tensor, threshold: float) -> Tensor:
    """Return True where a queue row is probably of the same expression as a query's own key.

    mask_bj = [ cos(k_b, n_j) > threshold ]

    The key decides and not the query: it comes from the slowly moving network, so that the mask
    does not chase the gradient.

    Args:
        key: (B,D) keys.
        queue: (K,D) shared negatives.
        threshold: cosine in -1..1; 0.7 to 0.95 is usual. 1 and above masks nothing.

    Returns:
        (B,K) bool.

    Source: the MaskFN part of SSLFER (BMVC 2022) and FNC (Huynh et al., WACV 2022).
        NOTE: our reading: masked negatives leave the softmax entirely; SSLFER's public code keeps
            them as exp(0).

    Example:
        >>> false_negative_mask(torch.eye(2), torch.tensor([[1.0, 0.1], [-1.0, 0.0]]), 0.9)
        tensor([[ True, False],
                [False, False]])
    """
    return F.normalize(key, dim=1) @ F.normalize(queue, dim=1).T > threshold


@torch.no_grad()
@in_float32
def nearest_positive(key: Tensor, queue: Tensor) -> tuple[Tensor, Tensor]:
    """Return for each key its nearest row in the queue, to be used as the positive instead (NNCLR).

    nn(k_b) = argmax_{n in Q} cos(k_b, n)

    Args:
        key: (B,D) keys.
        queue: (K,D) earlier keys, K >= 1.

    Returns:
        positives (B,D), unit; chosen (B,K) bool, the row each one came from: hand it to `info_nce`
        as `ignored`, else a positive is its own negative.

    Source: NNCLR (Dwibedi et al., ICCV 2021), eq. 2 and 3. NNCLR searches with the view whose
        embedding is replaced; here that is the key.

    Example:
        >>> positives, chosen = nearest_positive(torch.tensor([[0.0, 2.0]]), torch.eye(2))
        >>> positives.tolist(), chosen.tolist()
        ([[0.0, 1.0]], [[False, True]])
    """
    rows = F.normalize(queue, dim=1)
    index = (F.normalize(key, dim=1) @ rows.T).argmax(dim=1)
    return rows[index], F.one_hot(index, len(rows)).bool()


@torch.no_grad()
@in_float32
def neighbor_mask(query: Tensor, queue: Tensor, share: float) -> Tensor:
    """Return True where a queue row is among the nearest to a query in a teacher's space.

    Such a row likely shows the same expression.

    mask_bj = [ cos(q_b, n_j) is among the ceil(share K) largest of row b ]

    Args:
        query: (B,D) the teacher's queries.
        queue: (K,D) its earlier queries.
        share: of the queue that is masked, in 0..1 (both excluded).

    Returns:
        (B,K) bool, at least ceil(share K) True in each row (more where cosines are equal).

    Source: NOTE: our reading: what the teacher finds alike must not be pushed apart; instance
        discrimination alone learns who somebody is.

    Example:
        >>> neighbor_mask(torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.1], [-1.0, 0.0]]), 0.5)
        tensor([[ True, False]])
    """
    cosines = F.normalize(query, dim=1) @ F.normalize(queue, dim=1).T
    # 0.07 * 100 is a little more than 7.
    count = max(1, math.ceil(share * len(queue) - 1e-9))
    least = cosines.topk(count, dim=1).values[:, -1:]
    return cosines >= least
