"""Recipes by name or path, and changes of them."""

import pytest
import yaml

from asdcfer.errors import RecipeError
from asdcfer.training.pretrain.recipe_files import checked, load_recipe, recipe_names


def test_the_recipes_of_the_package_are_there_and_load():
    assert {"sample", "fer2013_small", "fer2013_gpu"} <= set(recipe_names())
    for name in recipe_names():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.about


def test_missing_and_foreign_files(tmp_path):
    with pytest.raises(RecipeError, match=r"did you mean sample\?"):
        load_recipe("smaple")
    with pytest.raises(RecipeError, match="cannot read the recipe"):
        load_recipe(tmp_path / "none.yaml")
    (tmp_path / "list.yaml").write_text("- 1\n")
    with pytest.raises(RecipeError, match="not a recipe"):
        load_recipe(tmp_path / "list.yaml")
    (tmp_path / "broken.yaml").write_text("a: [1\n")
    with pytest.raises(RecipeError, match="is not YAML"):
        load_recipe(tmp_path / "broken.yaml")


def test_numbers_that_yaml_reads_as_text_still_count():
    assert (
        load_recipe(
            "sample", ["teacher.optimizer.weight_decay=1e-4"]
        ).teacher.optimizer.weight_decay
        == 1e-4
    )


def test_changes_reach_any_depth_and_come_in_their_order(tmp_path):
    (tmp_path / "mine.yaml").write_text(load_recipe("sample").as_yaml())
    changes = ["teacher.epochs=2", "teacher.epochs=3", "student.options.w_key=0", "name=other"]
    recipe = load_recipe(tmp_path / "mine.yaml", changes)
    assert recipe.teacher.epochs == 3
    assert recipe.student.options["w_key"] == 0
    assert recipe.name == "other"


def test_a_recipe_without_a_name_takes_that_of_its_file(tmp_path):
    tree = load_recipe("sample").model_dump(mode="json")
    del tree["name"]
    (tmp_path / "mine.yml").write_text(yaml.safe_dump(tree))
    assert load_recipe(tmp_path / "mine.yml").name == "mine"


def test_a_checked_tree_is_the_recipe():
    recipe = load_recipe("sample")
    assert checked(recipe.model_dump(mode="json"), "sample") == recipe
    with pytest.raises(RecipeError, match=r"recipe odd: unknown key epochs; did you mean teacher"):
        checked({"name": "odd", "epochs": 2}, "odd")
