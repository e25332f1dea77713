"""Occlusion prediction: where on the face is something that is not the face?"""

import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def occlusion_prediction(logits: Tensor, covered: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of predicted occlusion over the cells of a grid.

    L = mean_b mean_ij -( o log s(l) + (1 - o) log(1 - s(l)) ),  s the logistic function

    Args:
        logits: (B,H,W), carries the gradient.
        covered: (B,H,W) of 0 and 1.

    Returns:
        Scalar, >= 0; log(2) for logits of 0.

    Source: after the abstract of Wang, Ding, Wang (ACCV 2022): occlusion prediction as pretext
        task. NOTE: our reading: one logit for each cell of a map.

    Example:
        >>> import torch
        >>> round(occlusion_prediction(torch.zeros(1, 2, 2), torch.ones(1, 2, 2)).item(), 4)
        0.6931
    """
    losses = F.binary_cross_entropy_with_logits(logits, covered, reduction="none")
    return losses.flatten(1).mean(dim=1).mean()
