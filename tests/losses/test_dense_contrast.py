"""Dense contrast against a loop, and its properties."""

import pytest
import torch

from asdcfer.losses.dense_contrast import dense_contrast, match_cells
from tests.factories import rand
from tests.reference import losses as slow


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("other", [False, True])
@pytest.mark.parametrize("matched", [False, True])
def test_dense_contrast_equals_the_loop(rows, other, matched):
    q, k, queue = rand(3, 4, 5), rand(3, 4, 5, seed=1), rand(rows, 4, 5, seed=2)
    match = match_cells(q, k) if matched else None
    pairs = match.tolist() if matched else [list(range(4))] * 3
    assert dense_contrast(q, k, queue, match, 0.3, other).item() == pytest.approx(
        slow.dense_contrast(q.tolist(), k.tolist(), queue.tolist(), pairs, 0.3, other)
    )


def test_dense_contrast_does_not_depend_on_the_batch_size_and_has_a_right_gradient():
    q, k, queue = rand(2, 3, 4), rand(2, 3, 4, seed=1), rand(5, 3, 4, seed=2)
    assert dense_contrast(q.repeat(4, 1, 1), k.repeat(4, 1, 1), queue).item() == pytest.approx(
        dense_contrast(q, k, queue).item(), rel=1e-12
    )
    assert torch.autograd.gradcheck(
        lambda a, b: dense_contrast(a, b, queue, other_cells=True),
        (q.requires_grad_(), k.requires_grad_()),
    )


def test_cells_are_matched_across_a_mirror_image():
    cells = rand(2, 9, 16)
    mirror = torch.arange(9).view(3, 3).flip(1).flatten()
    assert torch.equal(match_cells(cells, cells[:, mirror]), mirror.expand(2, -1))


def test_other_cells_are_no_negatives_unless_asked_for():
    # DenseCL's loss knows none; each negative more makes the right answer less likely.
    q, k, queue = rand(3, 4, 5), rand(3, 4, 5, seed=1), rand(6, 4, 5, seed=2)
    plain = dense_contrast(q, k, queue).item()
    pairs = [list(range(4))] * 3
    assert plain == pytest.approx(
        slow.dense_contrast(q.tolist(), k.tolist(), queue.tolist(), pairs, 0.2, False)
    )
    assert plain < dense_contrast(q, k, queue, other_cells=True).item()
