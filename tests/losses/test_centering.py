"""Centering and sharpening against loops, and the collapses that each allows."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.centering import moved_center, sharpened_target
from tests.factories import rand
from tests.losses.pair_loss import close
from tests.reference import losses as slow


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 4),
    outputs=st.integers(1, 5),
    temperature=st.floats(0.04, 2),
    momentum=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_both_equal_their_loops(rows, outputs, temperature, momentum, seed):
    g, center = rand(rows, outputs, seed=seed), rand(outputs, seed=seed + 1)
    close(
        sharpened_target(g, center, temperature),
        slow.sharpened_target(g.tolist(), center.tolist(), temperature),
    )
    close(
        moved_center(center, g, momentum), slow.moved_center(center.tolist(), g.tolist(), momentum)
    )


def test_what_all_images_share_is_taken_off():
    g = rand(6, 4)
    shifted = sharpened_target(g + 5, torch.full((4,), 5.0), 0.1)
    assert torch.allclose(shifted, sharpened_target(g, torch.zeros(4), 0.1))
    leaning = g + torch.tensor([9.0, 0, 0, 0])
    assert (sharpened_target(leaning, torch.zeros(4), 0.1).argmax(1) == 0).all()
    assert len(sharpened_target(leaning, leaning.mean(0), 0.1).argmax(1).unique()) > 1


def test_a_low_temperature_sharpens_and_a_high_one_makes_even():
    def entropy(temperature):
        target = sharpened_target(rand(6, 4), torch.zeros(4), temperature)
        return torch.special.entr(target).sum(1).mean().item()

    values = [entropy(t) for t in (0.01, 0.1, 1, 100)]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(math.log(4), abs=1e-3)


def test_neither_has_a_gradient():
    g = torch.randn(3, 4, requires_grad=True)
    assert not sharpened_target(g, torch.zeros(4), 0.1).requires_grad
    assert not moved_center(torch.zeros(4), g).requires_grad
