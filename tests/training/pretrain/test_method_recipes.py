"""Recipes named as a method: one frame for all, so that their numbers can be compared."""

import pytest

from asdcfer.api import pretrain
from asdcfer.methods.registry import METHODS
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.pretrain.recipe import Recipe, StageOptions
from asdcfer.training.pretrain.recipe_files import load_recipe, recipe_names

NAMES = [name for name in recipe_names() if name in METHODS]
OWN = {"method", "options", "optimizer", "views", "start"}
"""What a recipe may say of its stage for itself."""
OTHER_ENCODERS = {"masked"}
"""Methods that are meant for an encoder of another kind."""


def stage_of(recipe: Recipe, name: str) -> StageOptions:
    """Return the stage that trains by the method."""
    (stage,) = (
        stage for stage in (recipe.teacher, recipe.student) if stage and stage.method == name
    )
    return stage


@pytest.mark.parametrize("name", NAMES)
def test_a_method_has_the_budget_data_encoder_batch_and_probes_of_the_others(name):
    recipe, frame = load_recipe(name), load_recipe("moco")
    assert (recipe.name, recipe.seed, recipe.budget) == (name, 0, "15m")
    assert (recipe.data, recipe.probes) == (frame.data, frame.probes)
    assert recipe.baseline is None
    stage, common = stage_of(recipe, name), stage_of(frame, "moco")
    own = OWN | ({"encoder"} if name in OTHER_ENCODERS else set())
    assert stage.model_dump(exclude=own) == common.model_dump(exclude=own)
    light = {"views", "warp_negatives", "erase", "erase_region"}
    assert stage.views.model_dump(exclude=light) == common.views.model_dump(exclude=light)


def test_every_method_but_those_of_other_recipes_has_one():
    assert set(METHODS) - set(NAMES) <= {"asdc", "feature_distillation"}


@pytest.mark.slow
def test_a_method_that_learns_from_labels_is_trained_and_resumed_like_any_other(tmp_path):
    changes = (
        "budget=null data.images=64 teacher.epochs=2 teacher.batch_size=32 teacher.resolution=[] "
        "teacher.views.size=32 teacher.encoder.arguments.width=4 teacher.health.knn_images=0"
    )
    recipe = load_recipe("supervised", changes.split())
    pretrain(recipe, data="sample", out=tmp_path / "run", hardware=Hardware("cpu"))
    # A finished stage is left as it is, without labels being asked for again.
    pretrain(recipe, data="sample", out=tmp_path / "run", hardware=Hardware("cpu"), resume=True)
    log = (tmp_path / "run" / "teacher" / "metrics.csv").read_text(encoding="utf-8")
    assert {"cross_entropy", "accuracy"} <= set(log.splitlines()[0].split(","))
