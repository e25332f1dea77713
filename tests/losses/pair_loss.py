"""What holds for every loss of a student's and a teacher's tensor."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from tests.factories import rand


def close(ours: Tensor, theirs: Any) -> None:
    torch.testing.assert_close(ours, torch.tensor(theirs, dtype=ours.dtype), rtol=1e-9, atol=1e-12)


class PairLoss:
    """Tests that a loss of pairs inherits.

    Attributes:
        loss: of student and teacher tensors, both of `shape`.
        loop: the same of nested lists.
        shape: the first dimension counts images, 3 of them.
        changed: an element of the student that the loss looks at.
    """

    loss: Callable[[Tensor, Tensor], Tensor]
    loop: Callable[[Any, Any], float]
    shape: ClassVar[tuple[int, ...]]
    changed: ClassVar[tuple[int, ...] | None] = None

    def pair(self, seed: int = 0) -> tuple[Tensor, Tensor]:
        return rand(*self.shape, seed=seed), rand(*self.shape, seed=seed + 1)

    def test_it_equals_its_loop(self):
        for seed in range(5):
            s, t = rand(*self.shape, seed=seed), rand(*self.shape, seed=seed + 50)
            close(self.loss(s, t), self.loop(s.tolist(), t.tolist()))

    def test_it_is_zero_when_student_and_teacher_are_identical(self):
        t = rand(*self.shape)
        assert self.loss(t, t.clone()).item() == pytest.approx(0, abs=1e-12)
        assert self.loss(rand(*self.shape, seed=1), t).item() > 1e-3

    def test_it_is_a_mean_over_images_whatever_the_batch(self):
        """Trap 3: a sum over the batch makes the batch size a weight."""
        s, t = self.pair()
        each = torch.stack([self.loss(s[i : i + 1], t[i : i + 1]) for i in range(3)])
        assert each.mean().item() == pytest.approx(self.loss(s, t).item(), rel=1e-12)
        times = (4, *[1] * (s.ndim - 1))
        repeated = self.loss(s.repeat(times), t.repeat(times))
        assert repeated.item() == pytest.approx(self.loss(s, t).item(), rel=1e-12)

    def test_it_is_the_same_twice_and_changes_with_one_element(self):
        s, t = self.pair()
        assert self.loss(s, t).item() == self.loss(s, t).item()
        other = s.clone()
        other[self.changed or (0,) * s.ndim] += 0.5
        assert self.loss(other, t).item() != self.loss(s, t).item()

    def test_its_gradient_is_right(self):
        t = rand(*self.shape, seed=1)
        student = rand(*self.shape).requires_grad_()
        assert torch.autograd.gradcheck(lambda s: self.loss(s, t), (student,))

    def test_it_is_float32_under_autocast(self):
        s, t = (tensor.float() for tensor in self.pair())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            inside, half = self.loss(s, t), self.loss(s.bfloat16(), t.bfloat16())
        assert inside.item() == self.loss(s, t).item()
        assert half.dtype == torch.float32
        assert half.item() == pytest.approx(inside.item(), rel=0.1, abs=0.02)
