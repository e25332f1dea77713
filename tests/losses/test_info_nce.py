"""InfoNCE against a loop, and its properties."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.info_nce import info_nce
from asdcfer.losses.queue_neighbors import false_negative_mask
from tests.factories import rand
from tests.reference import losses as slow


@settings(max_examples=40, deadline=None)
@given(
    batch=st.integers(2, 5),
    rows=st.integers(0, 6),
    warps=st.integers(0, 2),
    temperature=st.floats(0.05, 2),
    threshold=st.none() | st.floats(-0.5, 0.9),
    weight=st.floats(0.1, 20),
    seed=st.integers(0, 99),
)
def test_info_nce_equals_the_loop(batch, rows, warps, temperature, threshold, weight, seed):
    q, k, queue, w = (
        rand(batch, 4, seed=seed),
        rand(batch, 4, seed=seed + 1),
        rand(rows, 4, seed=seed + 2),
        rand(batch, warps, 4, seed=seed + 3),
    )
    ours = info_nce(q, k, queue, w, temperature, threshold, warp_weight=weight)
    theirs = slow.info_nce(
        q.tolist(),
        k.tolist(),
        queue.tolist(),
        w.tolist(),
        temperature,
        threshold,
        warp_weight=weight,
    )
    assert ours.item() == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_info_nce_ignores_the_named_rows():
    q, k, queue = rand(3, 4), rand(3, 4, seed=1), rand(5, 4, seed=2)
    ignored = torch.rand(3, 5) < 0.5
    assert info_nce(q, k, queue, ignored=ignored).item() == pytest.approx(
        slow.info_nce(q.tolist(), k.tolist(), queue.tolist(), ignored=ignored.tolist())
    )


def test_info_nce_falls_back_to_the_batch_and_to_nothing():
    q, k = rand(4, 8), rand(4, 8, seed=1)
    assert info_nce(q, k).item() == info_nce(q, k, rand(0, 8)).item() > 0
    assert info_nce(q[:1], k[:1]).item() == 0  # one image, no negative: the only answer is right


def test_info_nce_is_at_chance_without_knowledge():
    same = torch.ones(4, 8)
    assert info_nce(same, same, torch.ones(31, 8)).item() == pytest.approx(math.log(32), rel=1e-6)


def test_info_nce_does_not_depend_on_the_batch_size():
    q, k, queue, w = rand(4, 8), rand(4, 8, seed=1), rand(16, 8, seed=2), rand(4, 2, 8, seed=3)
    whole = info_nce(q, k, queue, w)
    assert info_nce(
        q.repeat(3, 1), k.repeat(3, 1), queue, w.repeat(3, 1, 1)
    ).item() == pytest.approx(whole.item(), rel=1e-12)
    parts = torch.stack(
        [info_nce(q[i : i + 1], k[i : i + 1], queue, w[i : i + 1]) for i in range(4)]
    )
    assert parts.mean().item() == pytest.approx(whole.item(), rel=1e-12)


def test_info_nce_rises_with_a_warp_and_more_with_a_heavier_one():
    q, k, queue = rand(4, 8), rand(4, 8, seed=1), rand(16, 8, seed=2)
    values = [
        info_nce(q, k, queue, warp, warp_weight=w).item()
        for warp, w in ((None, 1), (q[:, None], 0), (q[:, None], 1), (q[:, None], 8))
    ]
    assert values[0] == values[1] < values[2] < values[3]


def test_info_nce_changes_only_through_the_changed_row():
    q, k, queue = rand(3, 8).requires_grad_(), rand(3, 8, seed=1), rand(6, 8, seed=2)
    before = torch.autograd.grad(info_nce(q, k, queue), q)[0]
    changed = k.clone()
    changed[1, 0] += 1
    after = torch.autograd.grad(info_nce(q, changed, queue), q)[0]
    assert torch.equal(before[[0, 2]], after[[0, 2]])
    assert not torch.equal(before[1], after[1])


def test_info_nce_gradient_is_right():
    queue = rand(5, 4, seed=2)
    assert torch.autograd.gradcheck(
        lambda q, k, w: info_nce(q, k, queue, w),
        tuple(rand(*s, seed=i).requires_grad_() for i, s in enumerate([(3, 4), (3, 4), (3, 1, 4)])),
    )


def test_info_nce_is_float32_and_deterministic_under_autocast():
    q, k, queue = (torch.randn(8, 16) for _ in range(3))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = info_nce(q, k, queue)
        assert info_nce(q.bfloat16(), k, queue).dtype == torch.float32
    assert inside.dtype == torch.float32
    assert inside.item() == info_nce(q, k, queue).item()


def test_a_false_negative_is_left_out_and_a_warp_never():
    q = k = torch.eye(2)
    queue = torch.tensor([[1.0, 0.0]])
    assert info_nce(q, k, queue).item() > info_nce(q, k, queue, false_negative_threshold=0.9).item()
    assert false_negative_mask(k, queue, 0.9).tolist() == [[True], [False]]
    assert not false_negative_mask(k, queue, 1.0).any()
    masked_all = info_nce(q[:1], k[:1], queue, q[:1, None], false_negative_threshold=0.9)
    assert masked_all.item() == pytest.approx(math.log(2))
