"""Sections of a recipe: options that fit the data, and a section that is not there.

`test_start.py` has the encoder that a section starts from.
"""

import pytest

from asdcfer.errors import RecipeError
from asdcfer.models.encoder import EncoderSpec
from asdcfer.training.pretrain.recipe import StageOptions
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.training.pretrain.recipe_sections import fitted_options, stage_of
from tests.training.standin import Told


def stage(**options):
    return StageOptions(method="moco", encoder=EncoderSpec(name="mobile"), options=options)


@pytest.mark.parametrize("images", [1000, 100_000])
def test_both_queues_hold_at_most_half_the_images_and_the_user_is_told(images):
    told = Told()
    asked = {"queue_size": 4096, "dense_queue_size": 1024, "w_dense": 0.5}
    fitting = fitted_options(stage(**asked), images, "teacher", told)
    sizes = {"queue_size": min(4096, images // 2), "dense_queue_size": min(1024, images // 2)}
    assert {name: fitting[name] for name in asked} == asked | sizes
    assert ("teacher: dense_queue_size=1024 becomes 500 for 1,000 images" in told.messages) == (
        images == 1000
    )
    assert len(told.messages) == (2 if images == 1000 else 0)


def test_a_queue_that_is_not_there_is_not_told_of():
    told = Told()
    options = {"queue_size": 100, "dense_queue_size": 1024}
    assert options.items() <= fitted_options(stage(**options), 1000, "teacher", told).items()
    assert not told.messages


def test_a_section_that_a_recipe_lacks_is_one_clear_line():
    recipe = load_recipe("sample", ["student=null"])
    assert stage_of(recipe, "teacher") == recipe.teacher
    with pytest.raises(RecipeError, match=r"recipe sample has no student; .*set student\.method"):
        stage_of(recipe, "student")
