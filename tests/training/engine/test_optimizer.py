"""Schedules, LARS and parameter groups against written-out references."""

import itertools
import math

import pytest
import torch
from torch import nn

from asdcfer.training.engine.lars import LARS
from asdcfer.training.engine.optimizer import OptimizerOptions, build_optimizer
from asdcfer.training.engine.schedule import effective_learning_rate, learning_rate_at


def test_the_schedule_warms_up_peaks_once_and_falls():
    rates = [learning_rate_at(step, 100, 10, 0.5) for step in range(100)]
    assert rates[:10] == pytest.approx([0.05 * (step + 1) for step in range(10)])
    assert max(rates) == rates[9] == 0.5
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[10:]))
    assert rates[55] == pytest.approx(0.5 * (1 + math.cos(math.pi * 45 / 90)) / 2)
    assert learning_rate_at(100, 100, 10, 0.5, final_fraction=0.1) == pytest.approx(0.05)


def test_the_learning_rate_is_scaled_once():
    assert effective_learning_rate(0.06, 256, 512) == pytest.approx(0.12)
    assert effective_learning_rate(0.06, None, 512) == 0.06


def lars_by_hand(weights, gradients, lr, m, decay, trust):
    """The formula of the docstring in plain numbers, tensor by tensor."""
    weights, velocity = (
        [w.double().clone() for w in weights],
        [torch.zeros_like(w).double() for w in weights],
    )
    for step in gradients:
        for i, g in enumerate(step):
            d = g.double() + decay * weights[i]
            size, slope = weights[i].pow(2).sum().sqrt().item(), d.pow(2).sum().sqrt().item()
            ratio = trust * size / slope if size > 0 and slope > 0 else 1.0
            velocity[i] = m * velocity[i] + ratio * d
            weights[i] = weights[i] - lr * velocity[i]
    return weights


def test_lars_against_the_formula():
    generator = torch.Generator().manual_seed(0)
    start = [torch.randn(4, 3, generator=generator), torch.zeros(2, 2)]
    gradients = [
        [torch.randn(4, 3, generator=generator), torch.randn(2, 2, generator=generator)]
        for _ in range(5)
    ]
    weights = [nn.Parameter(w.clone()) for w in start]
    optimizer = LARS(weights, lr=0.3, sgd_momentum=0.9, weight_decay=0.01, trust_coefficient=0.02)
    for step in gradients:
        for weight, gradient in zip(weights, step, strict=True):
            weight.grad = gradient.clone()
        optimizer.step()
    for weight, wanted in zip(
        weights, lars_by_hand(start, gradients, 0.3, 0.9, 0.01, 0.02), strict=True
    ):
        torch.testing.assert_close(weight.detach(), wanted.float())


@pytest.mark.parametrize("name", ["sgd", "adamw", "lars"])
def test_biases_and_normalization_are_not_decayed_and_frozen_weights_left_out(name):
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2))
    network[2].weight.requires_grad_(False)
    optimizer = build_optimizer(network, OptimizerOptions(name=name, weight_decay=0.1), 0.2)
    groups = [
        (group["weight_decay"], [tuple(p.shape) for p in group["params"]], group["lr"])
        for group in optimizer.param_groups
    ]
    assert groups == [(0.1, [(4, 1, 3, 3)], 0.2), (0.0, [(4,), (4,), (4,), (2,)], 0.2)]
    before = network[2].weight.clone()
    network[0].weight.sum().backward()
    optimizer.step()
    assert network[2].weight.equal(before)
