"""NT-Xent: each view of a face must find its other views among all views of a batch."""

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def nt_xent(embeddings: Tensor, temperature: float = 0.2) -> Tensor:
    """Return the normalized temperature-scaled cross-entropy over all views of a batch.

    With unit vectors z of all V B views, of which view i has the positives P(i):

        L = mean_i mean_{p in P(i)} -log( e^{z_i.z_p/t} / sum_{a != i} e^{z_i.z_a/t} )

    Args:
        embeddings: (V,B,D), V >= 2 views of B images, of any length; all carry the gradient.
        temperature: > 0; 0.2 to 0.5 for small images.

    Returns:
        Scalar, >= 0; log(V B - 1) for features that know nothing.

    Source: Chen et al., SimCLR, ICML 2020, eq. 1, with V = 2. NOTE: our reading: with more views
        each of a face's other views is a positive in turn, and stays in the denominator of the
        others.

    Example:
        >>> axes = torch.eye(2)
        >>> round(nt_xent(torch.stack([axes, axes]), temperature=1.0).item(), 4)  # log(1 + 2/e)
        0.5514
    """
    views, batch, dim = embeddings.shape
    rows = F.normalize(embeddings, dim=2).reshape(views * batch, dim)
    itself = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    logits = (rows @ rows.T / temperature).masked_fill(itself, float("-inf"))
    image = torch.arange(batch, device=rows.device).repeat(views)
    positive = (image[:, None] == image[None, :]) & ~itself
    log_share = logits.log_softmax(dim=1).masked_fill(~positive, 0)
    return -log_share.sum(dim=1).mean() / (views - 1)
