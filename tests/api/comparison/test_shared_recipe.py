from dataclasses import replace

import pytest

from asdcfer.api.comparison.contestants import contestant_of
from asdcfer.api.comparison.settings import CompareSettings, SharedTraining
from asdcfer.api.comparison.shared_recipe import (
    by_gradients,
    shared_encoder,
    shared_recipe,
    trained_section,
)
from asdcfer.errors import RecipeError
from asdcfer.methods.registry import METHODS
from tests.api.comparison.standin import TINY, settings


@pytest.mark.slow
def test_every_method_trains_the_same_under_the_same_budget(pack) -> None:
    stages = []
    for name in METHODS:
        recipe = shared_recipe(contestant_of(name), CompareSettings(budget="10m"), pack, 3)
        assert (recipe.seed, recipe.budget) == (3, "10m")
        stages.append(getattr(recipe, trained_section(recipe)))
    for name in ("encoder", "batch_size", "resolution", "epochs", "start", "health"):
        assert len({str(getattr(stage, name)) for stage in stages}) == 1, name
    views = [stage.views.model_dump(exclude={"views", "warp_negatives"}) for stage in stages]
    assert all(view == views[0] for view in views)
    assert len({stage.method for stage in stages}) == len(METHODS)


def test_steps_become_whole_passes(pack) -> None:
    """60 faces in batches of 20 are 3 steps a pass."""
    for steps, epochs in ((1, 1), (3, 1), (4, 2), (9, 3)):
        recipe = shared_recipe(contestant_of("moco"), settings(steps=steps), pack, 0)
        assert recipe.budget is None
        assert recipe.teacher.epochs == epochs


def test_a_teacher_that_is_trained_shares_the_steps(pack) -> None:
    recipe = shared_recipe(contestant_of("fer2013_small"), settings(steps=12), pack, 0)
    assert by_gradients(recipe) == ["teacher", "student"]
    assert (recipe.teacher.epochs, recipe.student.epochs) == (2, 2)
    assert recipe.teacher.encoder.arguments["width"] == 32, "the teacher keeps its own encoder"


def test_another_teacher_takes_the_place_of_the_recipes(pack) -> None:
    given = settings(training=replace(TINY, teacher="light_encoder"))
    for name in ("asdc", "fer2013_small", "feature_distillation"):
        recipe = shared_recipe(contestant_of(name), given, pack, 0)
        assert (recipe.teacher.method, recipe.teacher.start) == ("keep", "light_encoder")


def test_weights_to_start_from_are_left_out_and_fitted_encoders_keep_their_own(pack) -> None:
    recipe = shared_recipe(contestant_of("fer2013_gpu"), settings(), pack, 0)
    assert recipe.student.start is None
    assert recipe.student.encoder.name == "mobile"
    assert recipe.baseline is None
    fitted = shared_recipe(contestant_of("fer2013_fisher"), settings(), pack, 0)
    assert fitted.teacher.encoder.name == "fisher"


def test_an_encoder_is_given_by_name_or_import_path_and_arguments() -> None:
    spec = shared_encoder(SharedTraining(encoder="tests.test_contributing:ToyEncoder"))
    assert (spec.arguments, spec.pooling_arguments) == ({}, {"n": 2})
    assert shared_encoder(SharedTraining()).arguments["width"] == 32
    given = SharedTraining(encoder_arguments={"width": 8})
    assert shared_encoder(given).arguments == {"width": 8}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder": "mobyle", "encoder_arguments": None}, "did you mean mobile"),
        ({"views": {"rotato": 3}}, "did you mean views.rotate"),
        ({"encoder": "patches", "encoder_arguments": {}}, "no gradients"),
    ],
)
def test_what_cannot_be_shared_is_one_line(pack, changes, said) -> None:
    with pytest.raises(RecipeError, match=said):
        shared_recipe(contestant_of("moco"), settings(training=replace(TINY, **changes)), pack, 0)
