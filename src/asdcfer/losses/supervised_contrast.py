"""Supervised contrast: all faces of one expression in a batch are each other's positives."""

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def supervised_contrast(embeddings: Tensor, labels: Tensor, temperature: float = 0.1) -> Tensor:
    """Return the contrast of all views of a batch with labels as positives.

    With unit vectors z of all V B views, P(i) the other views of the same expression:

        L = mean_i mean_{p in P(i)} -log( e^{z_i.z_p/t} / sum_{a != i} e^{z_i.z_a/t} )

    Args:
        embeddings: (V,B,D), V >= 2, of any length; all carry the gradient.
        labels: int64 (B,); a face labeled -1 has its own views as positives alone.
        temperature: > 0.

    Returns:
        Scalar, >= 0; `losses.nt_xent` where no two faces share a label.

    Source: Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, eq. 2 (`L_out`). NOTE: our
        reading: faces without a label stay as negatives.

    Example:
        >>> axes = torch.eye(2)
        >>> z = torch.stack([axes, axes])
        >>> round(supervised_contrast(z, torch.tensor([0, 1]), temperature=1.0).item(), 4)
        0.5514
        >>> round(supervised_contrast(z, torch.tensor([0, 0]), temperature=1.0).item(), 4)
        1.2181
    """
    views, batch, dim = embeddings.shape
    rows = F.normalize(embeddings, dim=2).reshape(views * batch, dim)
    itself = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    # Each unlabeled face becomes an expression of its own, below all labels.
    own = -1 - torch.arange(batch, device=rows.device)
    expression = torch.where(labels >= 0, labels, own).repeat(views)
    positive = (expression[:, None] == expression[None, :]) & ~itself
    logits = (rows @ rows.T / temperature).masked_fill(itself, float("-inf"))
    log_share = logits.log_softmax(dim=1).masked_fill(~positive, 0)
    return -(log_share.sum(dim=1) / positive.sum(dim=1)).mean()
