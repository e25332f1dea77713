"""Stages that start from weights, or keep them as they are."""

import pytest
import torch

from asdcfer.errors import RecipeError
from asdcfer.models.weights import load_encoder
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.training.pretrain.recipe_sections import new_encoder


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_stage_starts_from_named_weights_and_takes_their_spec():
    recipe = load_recipe("first_run")
    assert recipe.student.encoder == load_encoder("light_encoder").spec
    assert same(new_encoder(recipe, "student"), load_encoder("light_encoder"))
    untrained = new_encoder(recipe, "student", untrained=True)
    assert untrained.spec == recipe.student.encoder
    assert not same(untrained, load_encoder("light_encoder"))


def test_without_a_start_a_stage_is_random_as_before():
    recipe = load_recipe("sample")
    assert recipe.student.start is None
    assert same(new_encoder(recipe, "student"), new_encoder(recipe, "student", untrained=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("student.start=nobody", "student.start=nobody: there are no weights"),
        ("teacher.start=null", "teacher.method=keep wants teacher.start"),
    ],
)
def test_a_start_that_is_not_there_is_one_clear_line(change, message):
    with pytest.raises(RecipeError, match=message):
        load_recipe("first_run", [change])
