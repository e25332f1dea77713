import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.losses.pseudo_label import (
    adaptive_thresholds,
    align_to_prior,
    confidence_mask,
    estimated_prior,
    pseudo_label_loss,
    sharpen,
)


def predictions(seed: int, rows: int = 8, classes: int = 4) -> torch.Tensor:
    return (
        (2 * torch.randn(rows, classes, generator=torch.Generator().manual_seed(seed)))
        .double()
        .softmax(1)
    )


@given(st.integers(0, 10_000))
def test_loss_follows_the_slow_reference(seed) -> None:
    logits, q = (
        torch.randn(8, 4, generator=torch.Generator().manual_seed(seed)).double(),
        predictions(seed + 1),
    )
    weight = (torch.arange(8) % 3 > 0).double()
    total = 0.0
    for b in range(8):
        row = logits[b].tolist()
        norm = math.log(sum(math.exp(z) for z in row))
        total += float(weight[b]) * -sum(float(q[b, c]) * (row[c] - norm) for c in range(4))
    assert float(pseudo_label_loss(logits, q, weight)) == pytest.approx(total / 8)


def test_no_gradient_reaches_labels_or_doubted_faces() -> None:
    logits, q = torch.randn(3, 4, requires_grad=True), predictions(0, 3).float().requires_grad_()
    pseudo_label_loss(logits, q, torch.tensor([1.0, 0.0, 1.0])).backward()
    assert q.grad is None
    assert logits.grad[1].abs().max() == 0
    assert logits.grad[0].abs().max() > 0


@given(st.integers(0, 10_000))
def test_alignment_follows_the_slow_reference(seed) -> None:
    p, prior, running = predictions(seed), predictions(seed + 1, 1)[0], predictions(seed + 2, 1)[0]
    found = align_to_prior(p, prior, running)
    for b in range(len(p)):
        moved = [float(p[b, c]) * float(prior[c]) / max(float(running[c]), 1e-6) for c in range(4)]
        assert found[b].tolist() == pytest.approx([value / sum(moved) for value in moved])
    assert torch.allclose(align_to_prior(p, running, running), p)


@given(st.integers(0, 10_000), st.floats(0.05, 1))
def test_sharpening_keeps_order_and_follows_the_power(seed, temperature) -> None:
    p = predictions(seed)
    found = sharpen(p, temperature)
    power = p ** (1 / temperature)
    assert torch.allclose(found, power / power.sum(1, keepdim=True), atol=1e-9)
    assert torch.equal(found.argmax(1), p.argmax(1))
    assert bool((found.max(1).values >= p.max(1).values - 1e-12).all())


@given(st.integers(0, 10_000), st.floats(0.2, 0.9))
def test_masks_follow_the_slow_reference(seed, confidence) -> None:
    p, classes = predictions(seed), predictions(seed + 1, 1)[0]
    thresholds = adaptive_thresholds(torch.tensor(confidence, dtype=torch.float64), classes)
    largest = max(classes.tolist())
    for b in range(len(p)):
        row = p[b].tolist()
        winner = row.index(max(row))
        assert float(confidence_mask(p, thresholds)[b]) == float(
            row[winner] >= confidence * float(classes[winner]) / largest
        )
        assert float(confidence_mask(p, torch.tensor(confidence))[b]) == float(
            max(row) >= np.float32(confidence)
        )


@pytest.mark.slow
@given(st.permutations(range(4)), st.integers(0, 10_000))
def test_names_of_the_classes_do_not_matter(order, seed) -> None:
    p, prior, running = predictions(seed), predictions(seed + 1, 1)[0], predictions(seed + 2, 1)[0]
    order = torch.tensor(order)
    assert torch.allclose(
        align_to_prior(p, prior, running)[:, order],
        align_to_prior(p[:, order], prior[order], running[order]),
    )
    thresholds = adaptive_thresholds(torch.tensor(0.5).double(), running)
    assert torch.equal(
        confidence_mask(p, thresholds), confidence_mask(p[:, order], thresholds[order])
    )
    one, two = estimated_prior(p, prior), estimated_prior(p[:, order], prior[order])
    assert torch.allclose(one[0][order], two[0], atol=1e-6)


def test_prior_of_a_known_mix_is_found() -> None:
    """Labels drawn from a known mix, predictions exactly Bayes' rule under even classes: the mix
    must come back.
    """
    rng = np.random.default_rng(0)
    mix, means = np.array([0.6, 0.3, 0.1]), 2.0 * np.eye(3)
    labels = rng.choice(3, size=20_000, p=mix)
    x = means[labels] + rng.normal(size=(20_000, 3))
    density = np.exp(-0.5 * ((x[:, None] - means[None]) ** 2).sum(2))
    even = torch.full((3,), 1 / 3, dtype=torch.float64)
    found, moved = estimated_prior(torch.from_numpy(density / density.sum(1, keepdims=True)), even)
    assert np.abs(found.numpy() - mix).max() < 0.01
    exact = density * mix
    assert np.abs(moved.numpy() - exact / exact.sum(1, keepdims=True)).max() < 0.05
    assert (moved.argmax(1).numpy() == labels).mean() > (density.argmax(1) == labels).mean()


def test_pseudo_counts_keep_a_rare_class_alive() -> None:
    p = torch.tensor([[0.7, 0.3]]).double().repeat(100, 1)
    prior = torch.tensor([0.5, 0.5]).double()
    assert float(estimated_prior(p, prior)[0][1]) < 1e-4
    never = torch.tensor([1.0, 0.0])
    found, moved = estimated_prior(p, never)
    assert found.tolist() == [1.0, 0.0], "and no 0 / 0 of the other"
    assert moved.tolist() == [[1.0, 0.0]] * len(p)
    certain = torch.cat([p, torch.tensor([[0.0, 1.0]]).double()])
    assert estimated_prior(certain, never)[0].tolist() == [1.0, 0.0], "nor of a face that is it"
    assert float(estimated_prior(p, prior, pseudo_count=100.0)[0][1]) > 0.1
    assert torch.allclose(estimated_prior(p, prior, pseudo_count=1e9)[0], prior, atol=1e-3)
