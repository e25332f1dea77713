"""L_query: the student's comparison query vector imitates the teacher's."""

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def squared_query_distillation(student_query: Tensor, teacher_query: Tensor) -> Tensor:
    """Return the mean squared distance of the unit query vectors.

    L = mean_b || unit(q_s) - unit(q_t) ||^2 = mean_b ( 2 - 2 cos )

    Args:
        student_query: (B,D), carries the gradient.
        teacher_query: (B,D).

    Returns:
        Scalar in 0..4.

    Source: DisCo (Gao et al., ECCV 2022), eq. 4. The public code sums over the batch; here it is a
        mean, so that the batch size is not a weight.

    Example:
        >>> squared_query_distillation(torch.eye(2), torch.eye(2).flip(0)).item()
        2.0
    """
    return (
        (F.normalize(student_query, dim=1) - F.normalize(teacher_query, dim=1))
        .square()
        .sum(dim=1)
        .mean()
    )


@in_float32
def query_distributions(
    student_query: Tensor,
    teacher_query: Tensor,
    queue: Tensor,
    teacher_temperature: float,
    student_temperature: float,
) -> tuple[Tensor, Tensor]:
    """Return the teacher's distribution and the student's log-distribution.

    Both are over the teacher's own query and a queue of its earlier ones.

    p_t = softmax( q_t.[q_t; Q] / teacher_temperature ),  log p_s = log softmax( q_s.[q_t; Q] /
    student_temperature )

    Args:
        student_query: (B,D).
        teacher_query: (B,D).
        queue: (K,D) earlier queries of the teacher.
        teacher_temperature: > 0; below the student's it sharpens the target.
        student_temperature: > 0.

    Returns:
        p_t (B,K+1) and log p_s (B,K+1); the first column is the teacher's own query.

    Example:
        >>> target, _ = query_distributions(torch.eye(2), torch.eye(2), -torch.eye(2), 0.1, 0.2)
        >>> target.shape
        torch.Size([2, 3])
    """
    student, teacher, rows = (
        F.normalize(student_query, dim=1),
        F.normalize(teacher_query, dim=1),
        F.normalize(queue, dim=1),
    )
    target = (
        torch.cat([(teacher * teacher).sum(1, keepdim=True), teacher @ rows.T], dim=1)
        / teacher_temperature
    )
    answer = (
        torch.cat([(student * teacher).sum(1, keepdim=True), student @ rows.T], dim=1)
        / student_temperature
    )
    return target.softmax(dim=1), answer.log_softmax(dim=1)


@in_float32
def distribution_query_distillation(
    student_query: Tensor,
    teacher_query: Tensor,
    queue: Tensor,
    teacher_temperature: float = 0.05,
    student_temperature: float = 0.2,
) -> tuple[Tensor, Tensor]:
    """Return the student's divergence from the teacher's distribution, and the entropy of that.

    L = mean_b KL( p_t || p_s ),  entropy = mean_b -sum p_t log p_t

    Watch the entropy: near 0 the target is one-hot and teaches no more than the contrast does; near
    log(K+1) it is flat and teaches nothing.

    Args:
        student_query: (B,D), carries the gradient.
        teacher_query: (B,D).
        queue: (K,D), K >= 1.
        teacher_temperature: > 0; below the student's it sharpens the target.
        student_temperature: > 0.

    Returns:
        Two scalars: the loss, >= 0, and the entropy in 0..log(K+1), without gradient.

    Source: SEED (Fang et al., ICLR 2021), eq. 5. SEED's loss is the cross-entropy, which differs by
        the constant entropy; its public code's default teacher temperature of 1e-4 makes the target
        one-hot.

    Example:
        >>> axes = torch.eye(2)
        >>> loss, entropy = distribution_query_distillation(axes, axes, -axes, 0.1, 0.1)
        >>> abs(loss.item()) < 1e-6, 0 < entropy.item() < 1
        (True, True)
    """
    target, answer = query_distributions(
        student_query, teacher_query, queue, teacher_temperature, student_temperature
    )
    entropy = torch.special.entr(target).sum(dim=1)
    return (-(target * answer).sum(dim=1) - entropy).mean(), entropy.mean().detach()
