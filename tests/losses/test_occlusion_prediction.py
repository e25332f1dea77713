"""Occlusion prediction against a loop, and its properties."""

import math

import pytest
import torch

from asdcfer.losses.occlusion_prediction import occlusion_prediction
from tests.factories import rand
from tests.reference import losses as slow


def test_it_equals_the_loop_and_is_a_mean_over_images():
    for seed in range(5):
        logits, covered = 3 * rand(3, 2, 4, seed=seed), (rand(3, 2, 4, seed=9) > 0).double()
        ours = occlusion_prediction(logits, covered)
        theirs = slow.occlusion_prediction(logits.tolist(), covered.tolist())
        assert ours.item() == pytest.approx(theirs, rel=1e-9)
        each = [occlusion_prediction(logits[[i]], covered[[i]]).item() for i in range(3)]
        assert sum(each) / 3 == pytest.approx(ours.item(), rel=1e-9)


def test_it_is_at_chance_without_knowledge_and_falls_with_it():
    covered = (rand(2, 3, 3) > 0).double()
    values = [occlusion_prediction(s * (2 * covered - 1), covered).item() for s in (0, 1, 9)]
    assert values[0] == pytest.approx(math.log(2))
    assert values[0] > values[1] > values[2] > 0


def test_its_gradient_is_right_and_it_is_float32():
    covered = (rand(2, 3, 3) > 0).double()
    assert torch.autograd.gradcheck(
        lambda x: occlusion_prediction(x, covered), (rand(2, 3, 3, seed=1).requires_grad_(),)
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = occlusion_prediction(rand(2, 3, 3).bfloat16(), covered.float())
    assert half.dtype == torch.float32
