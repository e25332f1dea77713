"""NT-Xent against a loop, and its properties."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.info_nce import info_nce
from asdcfer.losses.nt_xent import nt_xent
from tests.factories import rand
from tests.reference import losses as slow


@settings(max_examples=30, deadline=None)
@given(
    views=st.integers(2, 4),
    batch=st.integers(1, 4),
    temperature=st.floats(0.05, 2),
    seed=st.integers(0, 99),
)
def test_it_equals_the_loop(views, batch, temperature, seed):
    z = rand(views, batch, 5, seed=seed)
    expected = slow.nt_xent(z.tolist(), temperature)
    assert nt_xent(z, temperature).item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_it_is_at_chance_without_knowledge_and_falls_with_agreement():
    assert nt_xent(torch.ones(2, 8, 4)).item() == pytest.approx(math.log(15), rel=1e-6)
    one, other = rand(8, 4), rand(8, 4, seed=1)
    values = [nt_xent(torch.stack([one, one + s * other])).item() for s in (0, 0.3, 3)]
    assert values == sorted(values)


def test_neither_order_nor_length_of_the_views_matters():
    z = rand(3, 5, 4)
    whole = nt_xent(z).item()
    assert nt_xent(z.flip(0)).item() == pytest.approx(whole, rel=1e-12)
    assert nt_xent(z[:, torch.randperm(5)]).item() == pytest.approx(whole, rel=1e-12)
    assert nt_xent(7 * z).item() == pytest.approx(whole, rel=1e-12)


def test_it_has_more_negatives_than_the_contrast_inside_one_view():
    """The other view's images are negatives as well as one's own view's."""
    z = rand(2, 5, 4)
    assert nt_xent(z).item() > info_nce(z[0], z[1]).item() / 2 + info_nce(z[1], z[0]).item() / 2


def test_its_gradient_is_right_and_both_views_get_one():
    z = rand(2, 3, 4).requires_grad_()
    assert torch.autograd.gradcheck(nt_xent, (z,))
    (gradient,) = torch.autograd.grad(nt_xent(z), z)
    assert (gradient.abs().sum(2) > 0).all()


def test_it_is_float32_under_autocast():
    z = rand(2, 4, 8).float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert nt_xent(z).item() == nt_xent(z.clone()).item()
        assert nt_xent(z.bfloat16()).dtype == torch.float32
