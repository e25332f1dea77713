"""Warp repulsion against a loop, and when it is satisfied."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.warp_repulsion import warp_repulsion
from tests.factories import rand
from tests.reference import losses as slow


@settings(max_examples=30, deadline=None)
@given(
    batch=st.integers(1, 4),
    warps=st.integers(1, 3),
    margin=st.floats(0, 2),
    temperature=st.none() | st.floats(0.1, 2),
    seed=st.integers(0, 99),
)
def test_it_equals_the_loop(batch, warps, margin, temperature, seed):
    q, k = rand(batch, 4, seed=seed), rand(batch, 4, seed=seed + 1)
    v = rand(batch, warps, 4, seed=seed + 2)
    ours = warp_repulsion(q, k, v, margin, temperature).item()
    theirs = slow.warp_repulsion(q.tolist(), k.tolist(), v.tolist(), margin, temperature)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_a_hinge_that_is_satisfied_asks_for_nothing_and_a_warp_like_the_view_for_the_margin():
    q = rand(4, 8).requires_grad_()
    far = -q.detach()[:, None]
    loss = warp_repulsion(q, q.detach(), far, margin=0.5)
    loss.backward()
    assert loss.item() == 0
    assert q.grad.abs().sum() == 0
    key = rand(4, 8, seed=1)
    assert warp_repulsion(q, key, key[:, None], margin=0.3).item() == pytest.approx(0.3)
    assert warp_repulsion(q, key, key[:, None], temperature=1.0).item() == pytest.approx(
        math.log(2)
    )


def test_it_is_a_mean_over_images_and_its_gradient_is_right():
    q, k, v = rand(3, 4), rand(3, 4, seed=1), rand(3, 2, 4, seed=2)
    for temperature in (None, 0.2):
        whole = warp_repulsion(q, k, v, 1.0, temperature)
        each = torch.stack(
            [warp_repulsion(q[[i]], k[[i]], v[[i]], 1.0, temperature) for i in range(3)]
        )
        assert each.mean().item() == pytest.approx(whole.item(), rel=1e-12)
        assert torch.autograd.gradcheck(
            lambda x, t=temperature: warp_repulsion(x, k, v, 1.0, t), (q.clone().requires_grad_(),)
        )
