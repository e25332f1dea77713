"""The numbers of a run."""

import pytest

from asdcfer.training.engine.plan import Plan


@pytest.mark.parametrize(("total", "epochs"), [(12, 3), (4, 1), (0, 0)])
def test_epochs_follow_from_the_steps(total: int, epochs: int) -> None:
    plan = Plan(
        images=32,
        images_per_step=8,
        steps_per_epoch=4,
        total_steps=total,
        warmup_steps=2,
        learning_rate=0.1,
        processes=1,
    )
    assert plan.epochs == epochs
