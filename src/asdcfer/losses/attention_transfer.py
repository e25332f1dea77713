"""Attention transfer: the student responds where the teacher does, whatever their channels."""

import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def attention_transfer(student_map: Tensor, teacher_map: Tensor) -> Tensor:
    """Return the squared distance of the unit activation maps.

    L = mean_b || unit( mean_c F_s^2 ) - unit( mean_c F_t^2 ) ||^2, each map flattened to one vector

    Args:
        student_map: (B,C_s,H,W), carries the gradient; its channels need no alignment.
        teacher_map: (B,C_t,H,W), of the same height and width.

    Returns:
        Scalar in 0..2.

    Source: Zagoruyko and Komodakis, ICLR 2017, eq. 2 with p = 2. The public code averages over
        positions too, which divides by H W.

    Example:
        >>> import torch
        >>> maps = torch.randn(2, 3, 4, 4)
        >>> attention_transfer(2 * maps, -maps).item()
        0.0
    """
    student, teacher = (
        F.normalize(maps.square().mean(dim=1).flatten(1), dim=1)
        for maps in (student_map, teacher_map)
    )
    return (student - teacher).square().sum(dim=1).mean()
