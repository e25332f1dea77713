"""Pretraining on the engine: plan, views and shares of the learning rate."""

import torch

from asdcfer.training.pretrain.module import PretrainModule, plan_for
from tests.training.standin import faces, moco, stage


def test_the_plan_counts_steps_over_processes_and_accumulated_batches() -> None:
    plan = plan_for(stage(accumulate=2), 64, processes=2)
    assert (plan.images_per_step, plan.steps_per_epoch, plan.total_steps) == (32, 2, 6)
    assert (plan.warmup_steps, plan.processes, plan.epochs) == (1, 2, 3)
    assert plan.learning_rate == 0.1 * 32 / 256


def test_lower_blocks_learn_more_slowly_where_the_recipe_says_so() -> None:
    settings = stage(optimizer={"learning_rate": 0.1, "layer_decay": 0.5})
    method = moco()
    module = PretrainModule(method, faces(), settings, plan_for(settings, 64), seed=0)
    rated = module.rated_parameters()
    blocks = len(method.encoder.blocks())
    assert [each.share for each in rated] == [*(0.5**n for n in reversed(range(blocks))), 1.0]
    plain = PretrainModule(method, faces(), stage(), plan_for(stage(), 64), seed=0)
    (everything,) = plain.rated_parameters()
    assert len(everything.parameters) == sum(len(each.parameters) for each in rated)
    assert torch.is_tensor(module.images)
