"""LARS against its formula in plain numbers."""

import torch
from torch import nn

from asdcfer.training.engine.lars import LARS


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
