"""Self-assignment: embeddings of a batch are to be as alike as the encoder finds the images."""

import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32
from asdcfer.losses.sinkhorn import sinkhorn
from asdcfer.losses.soft_target import soft_target_cross_entropy


@in_float32
def self_assignment(
    feature: Tensor,
    key_feature: Tensor,
    epsilon: float = 0.05,
    iterations: int = 3,
    center: bool = False,
) -> Tensor:
    """Return which images of a batch belong together by the encoder's own similarities.

    A = sinkhorn( unit(h) . unit(h')^T / epsilon )

    Args:
        feature: (B,F) features before the projector, of any length.
        key_feature: (B,F) the momentum network's features of the same images.
        epsilon: > 0; small assigns each image to itself alone.
        iterations: of Sinkhorn's normalizations.
        center: take the batch's mean off first; features after a ReLU share a large one, under
            which all images are alike.

    Returns:
        (B,B), rows sum to 1, without gradient.

    Source: Weng et al., ReSA; its public code (`winci-ai/resa`): epsilon 0.05, 3 iterations. NOTE:
        our reading: `center`.

    Example:
        >>> import torch
        >>> self_assignment(torch.eye(3), torch.eye(3)).diagonal().min().item() > 0.99
        True
    """
    if center:
        feature, key_feature = feature - feature.mean(0), key_feature - key_feature.mean(0)
    cosines = F.normalize(feature, dim=1) @ F.normalize(key_feature, dim=1).T
    return sinkhorn(cosines, epsilon, iterations)


@in_float32
def assigned_cross_entropy(
    query: Tensor, key: Tensor, assignment: Tensor, temperature: float = 0.4
) -> Tensor:
    """Return the cross-entropy of a batch's similarities with an assignment, both ways.

    L = 1/2 CE( A, softmax( q.k^T / t ) ) + 1/2 CE( A^T, softmax( k.q^T / t ) )

    With the identity as assignment this is the symmetric contrast inside a batch.

    Args:
        query: (B,D), carries the gradient.
        key: (B,D).
        assignment: (B,B), rows sum to 1.
        temperature: > 0.

    Returns:
        Scalar, >= 0; log(B) for embeddings that are all the same.

    Source: ReSA's public code (`winci-ai/resa`), where the temperature is 0.3 to 0.4.

    Example:
        >>> import torch
        >>> axes = torch.eye(2)
        >>> round(assigned_cross_entropy(axes, axes, axes, temperature=1.0).item(), 4)
        0.3133
    """
    logits = F.normalize(query, dim=1) @ F.normalize(key, dim=1).T
    return (
        soft_target_cross_entropy(logits, assignment, temperature)
        + soft_target_cross_entropy(logits.T, assignment.T, temperature)
    ) / 2
