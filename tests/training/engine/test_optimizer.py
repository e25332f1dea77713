"""The optimizer builder: parameter groups, decay, frozen weights."""

import pytest
from torch import nn

from asdcfer.errors import RecipeError
from asdcfer.training.engine.optimizer import OptimizerOptions, build_optimizer
from asdcfer.validation import validate_options


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


def test_nesterov_is_an_option_of_sgd():
    network = nn.Linear(3, 2)
    plain, nesterov = (
        build_optimizer(network, OptimizerOptions(nesterov=on), 0.1) for on in (False, True)
    )
    assert [o.defaults["nesterov"] for o in (plain, nesterov)] == [False, True]


@pytest.mark.parametrize("betas", [(2.0, 0.9), (0.9, 1.0), (-0.1, 0.9)])
def test_betas_that_no_optimizer_takes_are_refused_with_the_recipe(betas):
    with pytest.raises(RecipeError, match=r"optimizer\.betas\.[01]: input should be"):
        validate_options(OptimizerOptions, {"betas": betas}, "optimizer")
