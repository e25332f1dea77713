"""Recipes by name or path, with overrides, checked as a whole."""

from pathlib import Path
from typing import Any

from asdcfer.errors import RecipeError
from asdcfer.nearest_name import did_you_mean
from asdcfer.plain_yaml import from_yaml
from asdcfer.training.pretrain.recipe import SECTIONS, Recipe, StageOptions
from asdcfer.validation import validate_options

RECIPES = Path(__file__).parents[2] / "recipes"


def recipe_names() -> list[str]:
    """Return the names of the recipes in the package."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def load_recipe(name_or_path: str | Path, overrides: list[str] | None = None) -> Recipe:
    """Load a recipe and apply overrides.

    Args:
        name_or_path: a name of `recipe_names()`, or the path of a YAML file.
        overrides: "section.key=value", the value read as YAML; `student.options.w_joint=0`.

    Raises:
        RecipeError: there is no such recipe, a key is unknown (the message gives the nearest valid
            name), or a value is impossible.

    Example:
        >>> load_recipe("sample", ["seed=3", "teacher.epochs=2"]).teacher.epochs
        2
        >>> load_recipe("sample", ["seeds=3"])
        Traceback (most recent call last):
        asdcfer.errors.RecipeError: recipe sample: unknown key seeds; did you mean seed?
    """
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"}:
        path = RECIPES / f"{name_or_path}.yaml"
        if not path.is_file():
            raise RecipeError(
                "there is no recipe "
                f"{str(name_or_path)!r}{did_you_mean(str(name_or_path), recipe_names())} (or the "
                "path "
                "of a .yaml file)"
            )
    try:
        tree = from_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from error
    except ValueError as error:
        raise RecipeError(f"{path} is not YAML: {error}") from error
    if not isinstance(tree, dict):
        raise RecipeError(
            f"{path} is not a recipe: its top level must be sections such as data, teacher, "
            "student, probes"
        )
    tree.setdefault("name", path.stem)
    for override in overrides or []:
        _apply(tree, override)
    return checked(tree, path.stem)


def checked(tree: dict[str, Any], name: str) -> Recipe:
    """Turn a plain tree into a recipe, the options of methods, encoders and poolings included.

    Raises:
        RecipeError: with one line for the first thing that is wrong.
    """
    from asdcfer.training.pretrain.recipe_validation import check_poolings, effective_stage

    for key in tree:
        if key not in Recipe.model_fields and key in StageOptions.model_fields:
            raise RecipeError(
                f"recipe {name}: unknown key {key}; did you mean teacher.{key} or student.{key}?"
            )
    try:
        recipe = validate_options(Recipe, tree)
        check_poolings(recipe.probes)
        stages = {
            section: stage and effective_stage(stage, section)
            for section in SECTIONS
            for stage in [getattr(recipe, section)]
        }
    except RecipeError as error:
        raise RecipeError(f"recipe {name}: {error}") from error
    auto = [section for section, stage in stages.items() if stage and stage.epochs == "auto"]
    if auto and recipe.budget is None:
        raise RecipeError(
            f"recipe {name}: {auto[0]}.epochs=auto wants a time to fit into; set a budget, as "
            "budget=150m"
        )
    return recipe.model_copy(update=stages)


def _apply(tree: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise RecipeError(
            f"{override!r} is not an override; write section.key=value, for example "
            "teacher.epochs=20"
        )
    try:
        value = from_yaml(text)
    except ValueError as error:
        raise RecipeError(f"the value of {key} is not YAML: {text!r}") from error
    *parents, last = key.split(".")
    node = tree
    for parent in parents:
        if not isinstance(node.get(parent), dict):
            node[parent] = {}
        node = node[parent]
    node[last] = value
