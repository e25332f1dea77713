"""Sinkhorn's assignment against a loop, and what it promises."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.sinkhorn import sinkhorn
from tests.factories import rand
from tests.losses.pair_loss import close
from tests.reference import losses as slow


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(1, 5),
    columns=st.integers(1, 5),
    epsilon=st.floats(0.05, 2),
    iterations=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_it_equals_the_loop(rows, columns, epsilon, iterations, seed):
    scores = rand(rows, columns, seed=seed).tanh()
    ours = sinkhorn(scores, epsilon, iterations)
    close(ours, slow.sinkhorn(scores.tolist(), epsilon, iterations))
    close(ours.sum(1), [1.0] * rows)


def test_all_columns_are_used_alike_however_the_scores_lean():
    """What forbids that every face falls into one cluster."""
    leaning = rand(60, 4).tanh() + torch.tensor([3.0, 0, 0, 0])
    assert (leaning.argmax(1) == 0).float().mean() > 0.9
    used = sinkhorn(leaning, epsilon=0.5, iterations=50).sum(0)
    assert torch.allclose(used, torch.full((4,), 15.0, dtype=torch.float64), rtol=1e-3)


def test_a_small_epsilon_is_hard_a_large_one_even_and_neither_overflows():
    scores = torch.eye(3) * 100
    assert torch.allclose(sinkhorn(scores, 1e-3), torch.eye(3), atol=1e-6)
    assert torch.allclose(sinkhorn(torch.eye(3), 1e4), torch.full((3, 3), 1 / 3), atol=1e-3)


def test_it_has_no_gradient_and_is_float32():
    scores = torch.randn(4, 3, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = sinkhorn(scores)
    assert found.dtype == torch.float32
    assert not found.requires_grad
    assert found.sum().item() == pytest.approx(4, rel=1e-5)
