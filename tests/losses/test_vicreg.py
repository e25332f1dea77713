"""VICReg's terms against loops, and what each of them forbids."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.vicreg import covariance_penalty, invariance, variance_hinge
from tests.factories import rand
from tests.losses.pair_loss import PairLoss
from tests.reference import losses as slow


class TestInvariance(PairLoss):
    loss = staticmethod(invariance)
    loop = staticmethod(slow.invariance)
    shape = (3, 5)


@settings(max_examples=30, deadline=None)
@given(
    batch=st.integers(2, 6),
    dim=st.integers(1, 5),
    target=st.floats(0.1, 3),
    seed=st.integers(0, 99),
)
def test_variance_and_covariance_equal_their_loops(batch, dim, target, seed):
    z = rand(batch, dim, seed=seed)
    assert variance_hinge(z, target).item() == pytest.approx(
        slow.variance_hinge(z.tolist(), target, 1e-4), rel=1e-9, abs=1e-12
    )
    assert covariance_penalty(z).item() == pytest.approx(
        slow.covariance_penalty(z.tolist()), rel=1e-9, abs=1e-12
    )


def test_the_variance_term_forbids_one_embedding_for_all():
    same = torch.ones(6, 4, dtype=torch.float64)
    assert variance_hinge(same).item() == pytest.approx(0.99)
    assert variance_hinge(10 * rand(50, 4)).item() == 0
    assert invariance(same, same).item() == covariance_penalty(same).item() == 0


def test_the_covariance_term_forbids_dimensions_that_say_the_same():
    one = rand(20, 1)
    assert covariance_penalty(one.repeat(1, 4)).item() == pytest.approx(
        3 * one.var().item() ** 2, rel=1e-9
    )
    axes = torch.cat([torch.eye(3), -torch.eye(3)]).double()
    assert covariance_penalty(axes).item() == pytest.approx(0, abs=1e-12)
    assert covariance_penalty(rand(6, 1)).item() == 0


def test_moving_or_reordering_the_batch_changes_neither():
    z = rand(6, 4)
    for term in (variance_hinge, covariance_penalty):
        assert term(z + 5).item() == pytest.approx(term(z).item(), rel=1e-9)
        assert term(z.flip(0)).item() == pytest.approx(term(z).item(), rel=1e-9)


@pytest.mark.parametrize("term", [variance_hinge, covariance_penalty])
def test_gradients_are_right_and_the_values_float32(term):
    z = 0.3 * rand(4, 3)
    assert torch.autograd.gradcheck(term, (z.requires_grad_(),))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert term(z.detach().bfloat16()).dtype == torch.float32
    # Embeddings that are all the same have a finite way out.
    same = torch.ones(4, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(term(same), same)
    assert gradient.isfinite().all()
