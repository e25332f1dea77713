"""L_key: facial key feature guidance.

The teacher's attention says which positions of a face matter; there the student must match it.

The abstract: the student becomes "more focused on learning the key features extracted from the
teacher".
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@torch.no_grad()
@in_float32
def key_positions(attention: Tensor, fraction: float = 0.25) -> Tensor:
    """Return the positions to which the teacher attends most.

    The ceil(fraction H W) largest values of each image; of equal values the first in reading order.

    Args:
        attention: (B,H,W).
        fraction: rho, in 0..1 (0 excluded).

    Returns:
        (B,H,W) bool, the same number of True in every image.

    Source: NOTE: our reading: in a face these are eyes, brows and mouth.

    Example:
        >>> key_positions(torch.tensor([[[0.1, 0.2], [0.9, 0.3]]]), fraction=0.5).tolist()
        [[[False, False], [True, True]]]
    """
    flat = attention.flatten(1)
    count = max(1, math.ceil(fraction * flat.shape[1] - 1e-9))
    best = flat.sort(dim=1, descending=True, stable=True).indices[:, :count]
    return torch.zeros_like(flat, dtype=torch.bool).scatter_(1, best, True).view_as(attention)


@in_float32
def key_cosine_distance(student_map: Tensor, teacher_map: Tensor, positions: Tensor) -> Tensor:
    """Return the cosine distance of student and teacher at the key positions.

    L = mean_b mean_{p in key positions} ( 1 - cos( F_s(p), F_t(p) ) )

    Args:
        student_map: (B,C,H,W), aligned to the teacher's channels; carries the gradient.
        teacher_map: (B,C,H,W).
        positions: (B,H,W) bool, at least one True in each image.

    Returns:
        Scalar in 0..2.

    Source: the abstract, "focused on learning the key features extracted from the teacher". NOTE:
        our reading: the cosine, since the scale of a teacher's features says nothing about a face,
        and the key positions alone.

    Example:
        >>> maps = torch.ones(1, 2, 2, 2)
        >>> key_cosine_distance(-maps, maps, torch.ones(1, 2, 2, dtype=torch.bool)).round().item()
        2.0
    """
    distance = 1 - F.cosine_similarity(student_map, teacher_map, dim=1)
    chosen = positions.to(distance.dtype)
    return ((distance * chosen).sum(dim=(1, 2)) / chosen.sum(dim=(1, 2))).mean()


@in_float32
def attention_disagreement(student_attention: Tensor, teacher_attention: Tensor) -> Tensor:
    """Return the divergence of the student's spatial attention from the teacher's.

    L = mean_b KL( S_t / HW || S_s / HW )

    Args:
        student_attention: (B,H,W), positive; carries the gradient.
        teacher_attention: (B,H,W), positive. Both are scaled to sum to one here.

    Returns:
        Scalar, >= 0.

    Source: attention as in FGD (Yang et al., CVPR 2022), eq. 1 and 3. NOTE: our reading: the
        divergence of two distributions over positions, where FGD takes the L1 distance of the
        attentions themselves.

    Example:
        >>> attention_disagreement(torch.ones(1, 2, 2), torch.ones(1, 2, 2)).item()
        0.0
    """
    student, teacher = student_attention.flatten(1), teacher_attention.flatten(1)
    student, teacher = (
        student / student.sum(dim=1, keepdim=True),
        teacher / teacher.sum(dim=1, keepdim=True),
    )
    tiny = torch.finfo(student.dtype).tiny
    return (
        (teacher * (teacher.clamp(min=tiny).log() - student.clamp(min=tiny).log()))
        .sum(dim=1)
        .mean()
    )


def hidden_at(feature_map: Tensor, positions: Tensor) -> Tensor:
    """Return a map that is zero at the given positions: what a generator gets to see.

    Args:
        feature_map: (B,C,H,W).
        positions: (B,H,W) bool.

    Returns:
        (B,C,H,W), the map with all channels 0 at these positions; it carries the map's gradient
        elsewhere.

    Source: MGD (Yang et al., ECCV 2022) hides at random; AMD (arXiv 2301.13538) where attention is
        high. NOTE: our reading: the key positions, all channels.

    Example:
        >>> hidden_at(torch.ones(1, 1, 1, 2), torch.tensor([[[True, False]]])).tolist()
        [[[[0.0, 1.0]]]]
    """
    return feature_map.masked_fill(positions[:, None], 0.0)


@in_float32
def reconstruction_error(generated_map: Tensor, teacher_map: Tensor, positions: Tensor) -> Tensor:
    """Return the error of the features made up for the hidden key positions.

    A generator made them from what is around these positions; the teacher's are the target.

    L = mean_b mean_{p in key positions} mean_c ( G(hidden F_s)(p) - F_t(p) )^2

    Args:
        generated_map: (B,C,H,W), what the generator made of `hidden_at(align(F_s), positions)`;
            carries the gradient.
        teacher_map: (B,C,H,W), standardized, so that 1 is the error of always answering with the
            mean.
        positions: (B,H,W) bool, at least one True in each image.

    Returns:
        Scalar, >= 0.

    Source: AMD (arXiv 2301.13538) hides where attention is high; MGD (Yang et al., ECCV 2022), eq.
        4, for the generator. Means, not sums.

    Example:
        >>> everywhere = torch.ones(1, 2, 2, dtype=torch.bool)
        >>> reconstruction_error(torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2), everywhere).item()
        1.0
    """
    error = (generated_map - teacher_map).square().mean(dim=1)
    chosen = positions.to(error.dtype)
    return ((error * chosen).sum(dim=(1, 2)) / chosen.sum(dim=(1, 2))).mean()
