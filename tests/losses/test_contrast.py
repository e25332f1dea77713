"""InfoNCE, its negatives, and dense contrast."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.dense_contrast import dense_contrast, match_cells
from asdcfer.losses.info_nce import info_nce
from asdcfer.losses.negatives import false_negative_mask, nearest_positive
from tests.reference import losses as slow


def rand(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


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
    assert torch.equal(before[[0, 2]], after[[0, 2]]) and not torch.equal(before[1], after[1])


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
    assert inside.dtype == torch.float32 and inside.item() == info_nce(q, k, queue).item()


def test_a_false_negative_is_left_out_and_a_warp_never():
    q = k = torch.eye(2)
    queue = torch.tensor([[1.0, 0.0]])
    assert info_nce(q, k, queue).item() > info_nce(q, k, queue, false_negative_threshold=0.9).item()
    assert false_negative_mask(k, queue, 0.9).tolist() == [[True], [False]]
    assert not false_negative_mask(k, queue, 1.0).any()
    masked_all = info_nce(q[:1], k[:1], queue, q[:1, None], false_negative_threshold=0.9)
    assert masked_all.item() == pytest.approx(math.log(2))


def test_nearest_positive_equals_the_loop():
    key, queue = rand(6, 5), rand(9, 5, seed=1)
    positives, chosen = nearest_positive(key, queue)
    assert chosen.double().argmax(1).tolist() == slow.nearest(key.tolist(), queue.tolist())
    assert chosen.sum(1).eq(1).all()
    assert torch.allclose(positives.norm(dim=1), torch.ones(6, dtype=torch.float64))
    assert nearest_positive(queue, queue)[1].double().argmax(1).tolist() == list(range(9))


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
