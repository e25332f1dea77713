"""Supervised contrast against a loop, and its tie to the contrast without labels."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.nt_xent import nt_xent
from asdcfer.losses.supervised_contrast import supervised_contrast
from tests.factories import rand
from tests.reference import losses as slow


@settings(max_examples=30, deadline=None)
@given(
    views=st.integers(2, 3),
    labels=st.lists(st.integers(-1, 2), min_size=1, max_size=5),
    temperature=st.floats(0.05, 2),
    seed=st.integers(0, 99),
)
def test_it_equals_the_loop(views, labels, temperature, seed):
    z = rand(views, len(labels), 4, seed=seed)
    ours = supervised_contrast(z, torch.tensor(labels), temperature).item()
    theirs = slow.supervised_contrast(z.tolist(), labels, temperature)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_without_labels_or_with_all_different_ones_it_is_nt_xent():
    z = rand(2, 5, 4)
    for labels in (torch.full((5,), -1), torch.arange(5)):
        assert supervised_contrast(z, labels, 0.2).item() == pytest.approx(
            nt_xent(z, 0.2).item(), rel=1e-12
        )


def test_it_falls_as_expressions_gather_whatever_they_are_called():
    labels, names = torch.tensor([0, 0, 1, 1]), torch.tensor([6, 6, 2, 2])
    apart = torch.eye(4).repeat(2, 1, 1)
    together = torch.eye(4)[labels].repeat(2, 1, 1)
    assert supervised_contrast(together, labels) < supervised_contrast(apart, labels)
    z = rand(2, 4, 4)
    assert supervised_contrast(z, labels).item() == supervised_contrast(z, names).item()
    same = torch.ones(2, 4, 3)
    assert supervised_contrast(same, labels).item() == pytest.approx(math.log(7), rel=1e-6)


def test_its_gradient_is_right_and_it_is_float32():
    labels = torch.tensor([0, 0, -1])
    assert torch.autograd.gradcheck(
        lambda z: supervised_contrast(z, labels), (rand(2, 3, 4).requires_grad_(),)
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = supervised_contrast(rand(2, 3, 4).bfloat16(), labels)
    assert half.dtype == torch.float32
