"""Cross-entropy with soft targets against a loop, and its properties."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.losses.soft_target import smoothed_target, soft_target_cross_entropy
from tests.factories import rand
from tests.reference import losses as slow


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(1, 5),
    classes=st.integers(1, 5),
    temperature=st.floats(0.1, 3),
    seed=st.integers(0, 99),
)
def test_it_equals_the_loop(rows, classes, temperature, seed):
    logits, target = rand(rows, classes, seed=seed), rand(rows, classes, seed=seed + 1).softmax(1)
    ours = soft_target_cross_entropy(logits, target, temperature).item()
    theirs = slow.soft_target_cross_entropy(logits.tolist(), target.tolist(), temperature)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_it_is_least_where_the_answer_is_the_target():
    logits, target = rand(4, 5), rand(4, 5, seed=1).softmax(1)
    entropy = torch.special.entr(target).sum(1).mean().item()
    best = soft_target_cross_entropy(target.log(), target, 1.0).item()
    assert best == pytest.approx(entropy, rel=1e-9)
    assert soft_target_cross_entropy(logits, target, 1.0).item() > best
    assert soft_target_cross_entropy(0 * logits, target).item() == pytest.approx(math.log(5))


def test_a_hard_target_gives_the_usual_cross_entropy_whatever_the_batch():
    logits, label = rand(6, 5), torch.tensor([0, 1, 2, 3, 4, 0])
    target = torch.nn.functional.one_hot(label, 5).double()
    ours = soft_target_cross_entropy(logits, target, 0.5)
    assert ours.item() == pytest.approx(
        torch.nn.functional.cross_entropy(logits / 0.5, label).item()
    )
    twice = soft_target_cross_entropy(logits.repeat(2, 1), target.repeat(2, 1), 0.5)
    assert twice.item() == pytest.approx(ours.item(), rel=1e-12)


def test_its_gradient_is_right_and_it_is_float32():
    target = rand(3, 4, seed=1).softmax(1)
    assert torch.autograd.gradcheck(
        lambda x: soft_target_cross_entropy(x, target), (rand(3, 4).requires_grad_(),)
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = soft_target_cross_entropy(rand(3, 4).bfloat16(), target.float())
    assert half.dtype == torch.float32


def test_a_smoothed_target_is_a_distribution_around_its_label():
    labels = torch.tensor([2, 0])
    target = smoothed_target(labels, 4, 0.1)
    assert torch.allclose(target.sum(1), torch.ones(2))
    assert target.argmax(1).tolist() == [2, 0]
    assert target[0].tolist() == pytest.approx([0.025, 0.025, 0.925, 0.025])
    assert torch.equal(smoothed_target(labels, 4, 0.0), torch.eye(4)[labels])
    logits = rand(2, 4)
    smooth = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=0.1)
    ours = soft_target_cross_entropy(logits, target.double(), 1.0)
    assert ours.item() == pytest.approx(smooth.item(), rel=1e-6)


def test_without_an_amount_it_smooths_and_sharpens_as_its_sources_do():
    # Szegedy et al. give a tenth to all classes; SwAV and DINO divide a student's logits by 0.1.
    logits, labels = rand(3, 4), torch.tensor([2, 0, 1])
    usual = torch.nn.functional.cross_entropy(logits / 0.1, labels, label_smoothing=0.1)
    ours = soft_target_cross_entropy(logits, smoothed_target(labels, 4).double())
    assert ours.item() == pytest.approx(usual.item(), rel=1e-6)
