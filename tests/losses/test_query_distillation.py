"""Distillation of queries: squared distance, and divergence of distributions, against loops."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.query_distillation import (
    distribution_query_distillation,
    squared_query_distillation,
)
from tests.factories import rand
from tests.losses.pair_loss import PairLoss
from tests.reference import losses as slow


class TestSquaredQueryDistillation(PairLoss):
    shape = (3, 7)

    def loss(self, s, t):
        return squared_query_distillation(s, t)

    def loop(self, s, t):
        return slow.squared_imitation(s, t)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 6),
    tau_t=st.floats(0.02, 1),
    tau_s=st.floats(0.02, 1),
    seed=st.integers(0, 99),
)
def test_distribution_imitation_equals_the_loop(rows, tau_t, tau_s, seed):
    s, t, queue = rand(3, 4, seed=seed), rand(3, 4, seed=seed + 1), rand(rows, 4, seed=seed + 2)
    loss, entropy = distribution_query_distillation(s, t, queue, tau_t, tau_s)
    expected = slow.distribution_imitation(s.tolist(), t.tolist(), queue.tolist(), tau_t, tau_s)
    assert (loss.item(), entropy.item()) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_distribution_imitation_properties():
    s, t, queue = rand(4, 8), rand(4, 8, seed=1), rand(32, 8, seed=2)
    assert distribution_query_distillation(t, t, queue, 0.1, 0.1)[0].item() == pytest.approx(
        0, abs=1e-12
    )
    assert distribution_query_distillation(s.repeat(3, 1), t.repeat(3, 1), queue)[
        0
    ].item() == pytest.approx(distribution_query_distillation(s, t, queue)[0].item(), rel=1e-12)
    assert torch.autograd.gradcheck(
        lambda q: distribution_query_distillation(q, t, queue)[0], (s.requires_grad_(),)
    )


def test_the_target_entropy_shows_a_one_hot_target():
    """Trap 1: SEED's public default temperature leaves nothing to learn beyond the contrast."""
    t, queue = rand(4, 8), rand(64, 8, seed=2)
    assert distribution_query_distillation(t, t, queue, 1e-4)[1].item() < 1e-6
    assert 0.2 < distribution_query_distillation(t, t, queue, 0.2)[1].item() < math.log(65)
    assert distribution_query_distillation(t, t, queue, 1e4)[1].item() == pytest.approx(
        math.log(65), rel=1e-6
    )
