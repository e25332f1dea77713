"""Momentum contrast: its step, its queue, its momentum network and its options."""

import pytest
import torch
import torch.nn.functional as F

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions
from tests.factories import SMALL, small_encoder, some_views
from tests.reference import losses as slow

VARIANTS = {
    "plain": {},
    "in the batch": {"queue_size": 0},
    "predictor": {"predictor": True},
    "mean of views": {"pairing": "mean"},
    "nearest neighbor": {"nearest_positive": 1.0},
    "half nearest": {"nearest_positive": 0.5, "false_negative_threshold": 0.9},
    "parts": {"w_dense": 0.5},
    "grid": {
        "w_dense": 0.5,
        "dense_kind": "grid",
        "dense_match": "same",
        "dense_other_cells": True,
        "dense_queue_size": 0,
    },
    "export momentum": {"export": "momentum"},
}


def moco(**options):
    torch.manual_seed(1)
    return Moco(small_encoder(), MocoOptions(**SMALL | options)).train()


def unit(x):
    return F.normalize(x.detach().double(), dim=-1)


def test_the_loss_of_a_step_equals_a_loop_over_views():
    """The whole step against the formula: three views, two warps, a queue of earlier steps."""
    method, views = moco(), some_views(views=3, warp_negatives=2)
    for seed in (1, 2):
        method.training_step(some_views(seed=seed))
    embeddings, queue = method.embed(views), method.queue.negatives()
    queries, keys = (
        [unit(q.projection).tolist() for q in embeddings.queries],
        [unit(k.projection).tolist() for k in embeddings.keys],
    )
    pairs = [
        slow.info_nce(queries[i], keys[j], queue.tolist(), unit(embeddings.warps).tolist())
        for i in range(3)
        for j in range(3)
        if i != j
    ]
    assert len(queue) == 16
    assert method.terms(embeddings)["contrastive"].item() == pytest.approx(sum(pairs) / 6, rel=1e-5)


def test_the_mean_of_the_other_views_is_one_positive():
    views = some_views(views=3)
    method = moco(pairing="mean")
    embeddings = method.embed(views)
    queries, keys = (
        [unit(q.projection) for q in embeddings.queries],
        [unit(k.projection) for k in embeddings.keys],
    )
    means = [torch.stack([keys[j] for j in range(3) if j != i]).mean(0) for i in range(3)]
    expected = (
        sum(slow.info_nce(q.tolist(), m.tolist()) for q, m in zip(queries, means, strict=True)) / 3
    )
    assert method.terms(embeddings)["contrastive"].item() == pytest.approx(expected, rel=1e-5)
    two = method.embed(some_views(views=2))
    assert (
        method.terms(two)["contrastive"].item()
        == moco(pairing="pairs").terms(two)["contrastive"].item()
    )


def test_nearest_neighbor_positives_equal_the_loop():
    method = moco(nearest_positive=1.0)
    method.training_step(some_views(seed=1))
    embeddings, queue = method.embed(some_views()), method.queue.negatives().tolist()
    expected = []
    for i, j in ((0, 1), (1, 0)):
        query, key = (
            unit(embeddings.queries[i].projection).tolist(),
            unit(embeddings.keys[j].projection).tolist(),
        )
        chosen = slow.nearest(key, queue)
        expected.append(
            slow.info_nce(
                query,
                [queue[c] for c in chosen],
                queue,
                ignored=[[r == c for r in range(len(queue))] for c in chosen],
            )
        )
    assert method.terms(embeddings)["contrastive"].item() == pytest.approx(
        sum(expected) / 2, rel=1e-5
    )


def test_the_queue_is_filled_once_and_after_both_terms(monkeypatch):
    """Trap 6: a queue filled between the symmetric terms shows the second one its own keys as
    negatives.
    """
    method, views = moco(), some_views()
    order = []
    enqueue, contrast = method.queue.enqueue, method._contrast
    monkeypatch.setattr(
        method.queue, "enqueue", lambda rows: (order.append(("enqueue", len(rows))), enqueue(rows))
    )
    monkeypatch.setattr(
        method,
        "_contrast",
        lambda *args: (order.append(("term", len(args[2]))), contrast(*args))[1],
    )
    for filled in (0, 8, 16):
        order.clear()
        method.training_step(views)
        assert order == [("term", filled), ("term", filled), ("enqueue", 8)]
    assert method.queue.filled == 24
    assert torch.allclose(method.queue.negatives().norm(dim=1), torch.ones(24))


def test_at_the_start_both_networks_are_equal_and_share_nothing():
    """Trap 4: momentum copies that forget the projector or the buffers."""
    method = moco(w_dense=1.0)
    mine, copy = (
        method.network.state_dict(keep_vars=True),
        method.momentum_network.network.state_dict(keep_vars=True),
    )
    assert mine.keys() == copy.keys()
    assert any(name.startswith("projector") for name in mine)
    assert any("running_mean" in name for name in mine)
    assert any(name.startswith("dense") for name in mine)
    for name in mine:
        assert torch.equal(mine[name], copy[name])
        assert mine[name].data_ptr() != copy[name].data_ptr()
        assert not copy[name].requires_grad


def test_the_momentum_network_follows_and_has_no_gradient(views):
    method = moco(momentum_start=0.9, momentum_end=1.0)
    method.training_step(views).loss.backward()
    assert all(p.grad is None for p in method.momentum_network.parameters())
    assert all(p.grad is not None for p in method.network.parameters())
    before = method.momentum_network.network.projector.network[0].weight.clone()
    with torch.no_grad():
        method.network.projector.network[0].weight.add_(1.0)
    method.after_step(0.0)
    assert torch.allclose(
        method.momentum_network.network.projector.network[0].weight, before + 0.1, atol=1e-6
    )
    after = method.momentum_network.network.projector.network[0].weight.clone()
    method.after_step(1.0)
    assert torch.equal(method.momentum_network.network.projector.network[0].weight, after)


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_learns(name):
    """A few steps on one batch lower the loss; every parameter that is trained has a gradient;
    bfloat16 gives a finite float32 loss.
    """
    method, views = moco(**VARIANTS[name]), some_views(count=12, warp_negatives=1)
    trained = {n: p for n, p in method.named_parameters() if p.requires_grad}
    optimizer = torch.optim.SGD(trained.values(), lr=0.05, momentum=0.9)
    losses = []
    for step in range(10):
        if method.queue is not None:
            method.queue.clear()  # the same batch again and again must not meet its own stale keys
        if method.dense_queue is not None:
            method.dense_queue.clear()
        result = method.training_step(views)
        optimizer.zero_grad()
        result.loss.backward()
        assert [n for n, p in trained.items() if p.grad is None] == []
        optimizer.step()
        method.after_step(step / 10)
        losses.append(result.loss.item())
    assert min(losses[-3:]) < losses[0] - 0.1
    assert all(not part.requires_grad and part.ndim == 0 for part in result.parts.values())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = method.training_step(views).loss
    assert half.dtype == torch.float32
    assert half.isfinite()


@pytest.mark.slow
def test_a_step_is_deterministic_and_a_saved_method_goes_on_bit_for_bit():
    def steps(method, seeds):
        optimizer = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=0.1)
        for seed in seeds:
            optimizer.zero_grad()
            method.training_step(some_views(seed=seed, warp_negatives=1)).loss.backward()
            optimizer.step()
            method.after_step(seed / 4)
        return method.state_dict()

    options = {"w_dense": 1.0, "predictor": True}
    whole = steps(moco(**options), [0, 1, 2, 3])
    half = moco(**options)
    saved = {name: tensor.clone() for name, tensor in steps(half, [0, 1]).items()}
    torch.manual_seed(99)
    other = Moco(small_encoder(seed=5), MocoOptions(**SMALL | options)).train()
    other.load_state_dict(saved)
    resumed = steps(other, [2, 3])
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_warps_enter_as_negatives_of_their_own_face(views):
    method = moco()
    with_warps, without = method.embed(views), method.embed(Views(views.crops))
    assert with_warps.warps.shape == (8, 1, 16)
    assert without.warps is None
    assert method.terms(with_warps)["contrastive"] > method.terms(without)["contrastive"]
    assert "warp_similarity" in method.similarities(with_warps)
    assert "warp_similarity" not in method.similarities(without)
    weightless = moco(warp_weight=0.0)
    assert (
        weightless.terms(with_warps)["contrastive"].item()
        == weightless.terms(without)["contrastive"].item()
    )


def test_what_is_exported():
    method = moco()
    assert method.encoder is method.network.encoder
    assert method.projector is method.network.projector
    averaged = moco(export="momentum")
    assert averaged.encoder is averaged.momentum_network.network.encoder
    assert averaged.projector is averaged.momentum_network.network.projector


def test_one_view_is_refused():
    with pytest.raises(TrainingError, match="at least two views"):
        moco().training_step(some_views(views=1))


@pytest.mark.parametrize(("options", "shared"), [({}, 8), ({"queue_size": 0}, 7)])
def test_negatives_are_those_of_the_last_step(options, shared):
    method = moco(**options, warp_weight=2.0)
    method.training_step(some_views(warp_negatives=2))
    assert method.num_negatives(batch_size=8) == shared + 4
    method.training_step(some_views())
    assert method.num_negatives(batch_size=8) == (16 if shared == 8 else 7)


def test_the_keys_of_other_processes_count_as_negatives(monkeypatch):
    def two_processes(key):
        own = torch.eye(len(key), 2 * len(key), dtype=torch.bool)
        return torch.cat([key, torch.randn_like(key)]), own

    method = moco(queue_size=0)
    monkeypatch.setattr("asdcfer.methods.moco.keys_of_all_processes", two_processes)
    method.training_step(some_views())
    assert method.num_negatives(batch_size=8) == 15
