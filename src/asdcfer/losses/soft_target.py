"""Cross-entropy with soft targets, as cluster and self-distillation methods use it."""

import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def soft_target_cross_entropy(logits: Tensor, target: Tensor, temperature: float = 0.1) -> Tensor:
    """Return the mean cross-entropy of a softmax with given distributions.

    L = mean_b -sum_k p_bk log softmax( logits_b / temperature )_k

    Args:
        logits: (B,K), carries the gradient.
        target: (B,K), rows sum to 1.
        temperature: > 0, of the softmax.

    Returns:
        Scalar, at least the mean entropy of the targets; log(K) for logits that are all the same.

    Source: SwAV (Caron et al., NeurIPS 2020), eq. 2; DINO (Caron et al., ICCV 2021), eq. 2.

    Example:
        >>> import torch
        >>> round(soft_target_cross_entropy(torch.zeros(1, 4), torch.eye(4)[:1]).item(), 4)
        1.3863
    """
    return -(target * (logits / temperature).log_softmax(dim=1)).sum(dim=1).mean()


def smoothed_target(labels: Tensor, classes: int, smoothing: float = 0.1) -> Tensor:
    """Return labels as distributions with a share spread over all classes.

    y_k = (1 - s) [k = label] + s / K

    Args:
        labels: int64 (B,), in 0..K-1.
        classes: K.
        smoothing: s, in 0..1.

    Returns:
        (B,K) float32, rows sum to 1.

    Source: Szegedy et al., CVPR 2016, section 7.

    Example:
        >>> import torch
        >>> smoothed_target(torch.tensor([1]), classes=2, smoothing=0.2)
        tensor([[0.1000, 0.9000]])
    """
    return (1 - smoothing) * F.one_hot(labels, classes).float() + smoothing / classes
