"""L_joint: attention-guided joint feature distillation.

The abstract: "attention-guided joint feature distillation ... with joint attention-weighted
features and comparison query vectors".
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def weighted_map_distance(
    student_map: Tensor, teacher_map: Tensor, spatial: Tensor, channel: Tensor
) -> Tensor:
    """Return how far the student's map is from the teacher's, weighted by the teacher's attention.

    L = mean_b mean_hw sum_c S_t C_t ( norm(F_s) - norm(F_t) )^2,  norm: unit length of the channel
    vector at each position

    Args:
        student_map: (B,C_t,H,W), aligned to the teacher's channels; carries the gradient.
        teacher_map: (B,C_t,H,W), of the same size.
        spatial: (B,H,W) attention of the teacher, mean 1.
        channel: (B,C_t) attention of the teacher, mean 1.

    Returns:
        Scalar; 0 when the maps agree in direction, about 2 when they have nothing in common.

    Source: FGD (Yang et al., CVPR 2022), eq. 8, without boxes.
        NOTE: our reading: unit vectors instead of raw values, so that the scale of a teacher does
            not set the weight of the term; means, not sums.

    Example:
        >>> maps = torch.randn(2, 3, 4, 4)
        >>> weighted_map_distance(maps, maps, torch.ones(2, 4, 4), torch.ones(2, 3)).item()
        0.0
    """
    squared = (unit_positions(student_map) - unit_positions(teacher_map)).square()
    per_position = (squared * channel[:, :, None, None]).sum(dim=1)
    return (per_position * spatial).mean(dim=(1, 2)).mean()


@in_float32
def joint_feature(feature_map: Tensor, spatial: Tensor, query: Tensor, cells: int = 1) -> Tensor:
    """Return the attention-pooled map joined with the query vector, both of unit length.

    j = [ unit( mean_hw S F ) ; unit(q) ], the mean taken in each cell of a grid where `cells` is
    above 1

    Args:
        feature_map: (B,C,H,W).
        spatial: (B,H,W) attention, mean 1.
        query: (B,D).
        cells: cells along each side; 1 pools the whole map and forgets where things are.

    Returns:
        (B, cells^2 C + D), of length sqrt(2).

    Source: NOTE: our reading of "joint attention-weighted features and comparison query vectors".

    Example:
        >>> maps, spatial = torch.ones(1, 4, 2, 2), torch.ones(1, 2, 2)
        >>> joint_feature(maps, spatial, torch.tensor([[0.0, 7.0]]))[0].tolist()
        [0.5, 0.5, 0.5, 0.5, 0.0, 1.0]
    """
    weighted = feature_map * spatial[:, None]
    pooled = (
        weighted.mean(dim=(2, 3))
        if cells == 1
        else F.adaptive_avg_pool2d(weighted, cells).flatten(1)
    )
    return torch.cat([F.normalize(pooled, dim=1), F.normalize(query, dim=1)], dim=1)


@in_float32
def joint_feature_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Return the mean squared distance of joint features.

    L = mean_b || j_s - j_t ||^2

    Args:
        student: (B,C+D), made by `joint_feature`; carries the gradient.
        teacher: (B,C+D).

    Returns:
        Scalar in 0..8.

    Source: NOTE: our reading: the abstract names a distillation of joint features and no formula.
        With both halves of unit length this is 4 - 2 cos(maps) - 2 cos(queries), so neither half
        outweighs the other.

    Example:
        >>> joint_feature_distance(torch.eye(2), torch.eye(2)).item()
        0.0
    """
    return (student - teacher).square().sum(dim=1).mean()


def unit_positions(feature_map: Tensor) -> Tensor:
    """Return a map whose channel vector has unit length at every position, (B,C,H,W).

    Example:
        >>> import torch
        >>> unit_positions(torch.tensor([3.0, 4.0]).view(1, 2, 1, 1)).flatten().tolist()
        [0.6000000238418579, 0.800000011920929]
    """
    return F.normalize(feature_map, dim=1)
