"""The numbers of a run."""

import pytest

from asdcfer.errors import RecipeError
from asdcfer.training.engine.plan import Plan
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.training.pretrain.recipe import StageOptions
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.validation import validate_options


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


@pytest.mark.parametrize("section", ["teacher.precision=32", "teacher.precision='32'"])
def test_a_recipe_takes_the_precision_that_messages_advise(section: str) -> None:
    assert load_recipe("sample", [section]).teacher.precision == "32"


@pytest.mark.parametrize("model", [StageOptions, FinetuneOptions])
def test_another_number_is_no_precision(model) -> None:
    with pytest.raises(RecipeError, match="'auto', 'bf16' or '32'"):
        validate_options(model, {"precision": 16})
