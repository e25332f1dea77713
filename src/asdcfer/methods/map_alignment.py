"""The one place where a teacher's map is brought to the size of the student's."""

import torch.nn.functional as F
from torch import Tensor

from asdcfer.errors import TrainingError
from asdcfer.losses.float32 import in_float32


@in_float32
def resized_to(teacher_map: Tensor, student_map: Tensor) -> Tensor:
    """Return the teacher's map at the height and width of the student's.

    A larger map is averaged over cells, a smaller one interpolated; a map of the same size is
    returned as it is.

    Args:
        teacher_map: (B,C_t,H_t,W_t).
        student_map: (B,C_s,H,W), only its shape is used.

    Returns:
        (B,C_t,H,W) float32.

    Raises:
        TrainingError: not a map, another batch, a single position, or another shape of rectangle.

    Example:
        >>> import torch
        >>> resized_to(torch.ones(1, 8, 12, 12), torch.ones(1, 4, 6, 6)).shape
        torch.Size([1, 8, 6, 6])
    """
    if teacher_map.ndim != 4 or student_map.ndim != 4:
        shapes = f"teacher {tuple(teacher_map.shape)}, student {tuple(student_map.shape)}"
        raise TrainingError(
            "the teacher's map cannot be aligned: maps must have shape (B,C,H,W), but they are "
            f"{shapes}; set w_joint and w_key to 0"
        )
    (batch, _, *theirs), (expected, _, *ours) = teacher_map.shape, student_map.shape
    if batch != expected:
        raise TrainingError(
            f"the teacher's map cannot be aligned: it holds {batch} images and the student's "
            f"{expected}"
        )
    if theirs == ours:
        return teacher_map
    if min(theirs) < 2 <= max(ours):
        raise TrainingError(
            f"the teacher's map cannot be aligned: {theirs[0]}x{theirs[1]} has no layout to spread "
            f"over {ours[0]}x{ours[1]}; "
            "choose an earlier map with teacher_maps, or set w_joint and w_key to 0"
        )
    if theirs[0] * ours[1] != theirs[1] * ours[0]:
        raise TrainingError(
            f"the teacher's map cannot be aligned: {theirs[0]}x{theirs[1]} and the student's "
            f"{ours[0]}x{ours[1]} are rectangles of different shape; "
            "give both encoders the same kind of input, or set w_joint and w_key to 0"
        )
    if theirs[0] > ours[0]:
        return F.adaptive_avg_pool2d(teacher_map, (ours[0], ours[1]))
    return F.interpolate(teacher_map, size=ours, mode="bilinear", align_corners=False)
