"""Contestants of a comparison: what a user's words mean, methods, recipes or encoders."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asdcfer.api.comparison.settings import TEACHER
from asdcfer.errors import RecipeError, WeightsError
from asdcfer.evaluation.comparison_row import Kind
from asdcfer.import_path import is_import_path
from asdcfer.methods.own_method import register_method
from asdcfer.methods.registry import METHODS
from asdcfer.models.find_weights import find_encoder, shipped_names
from asdcfer.models.timm_encoder import PREFIX
from asdcfer.nearest_name import did_you_mean
from asdcfer.training.pretrain.recipe import DataOptions, Recipe, StageOptions
from asdcfer.training.pretrain.recipe_files import load_recipe, recipe_names
from asdcfer.training.pretrain.recipe_validation import KEEP

RANDOM = "random"
"""The encoder with the weights that it starts with."""

QUERY_DIMS = 128
"""Width of the query vectors that a teacher without projector gets."""


@dataclass(frozen=True)
class Contestant:
    """What a row of the table is of.

    Attributes:
        name: in the table, and of its folders.
        kind: trained here, untrained, or as it is.
        recipe: of its training, None where nothing is trained.
        place: its weights where it is taken as it is.
    """

    name: str
    kind: Kind
    recipe: Recipe | None = None
    place: str = ""

    @property
    def folder(self) -> str:
        """Its name as the name of a folder."""
        return "".join(c if c.isalnum() or c in "-_." else "_" for c in self.name)


def contestants_of(words: Sequence[str], references: Sequence[str] = ()) -> list[Contestant]:
    """Return the contestants that words name, and after them those for orientation.

    Args:
        words: each a method (`methods.registry.METHODS`), a recipe by name or path, an own method
            by import path, an encoder (a file, a folder, a name of `asdcfer models`, "timm/NAME"
            with timm's weights), or "random".
        references: further encoders; those among the words are not repeated.

    Raises:
        RecipeError: a word that names nothing, the same name twice, or nothing to compare.

    Example:
        >>> found = contestants_of(["moco", "light_encoder"], ["random", "light_encoder"])
        >>> [(each.name, each.kind) for each in found]
        [('moco', 'trained'), ('light_encoder', 'as it is'), ('random', 'untrained')]
    """
    found = [contestant_of(word) for word in words]
    if not found:
        raise RecipeError(f"nothing to compare; name some of {', '.join(METHODS)}, or a recipe")
    names = [each.name for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RecipeError(f"{twice} is named twice; give the second recipe another `name:` in it")
    return [*found, *(contestant_of(word) for word in references if word not in names)]


def contestant_of(word: str) -> Contestant:
    """Return what a word names.

    Raises:
        RecipeError: it names nothing; the message gives the nearest names.
    """
    if word == RANDOM:
        return Contestant(RANDOM, "untrained")
    if word.startswith(PREFIX):
        return Contestant(word, "as it is", place=word)
    if is_import_path(word):
        method = register_method(word)
        return Contestant(word, "trained", method_recipe(method))
    if word in METHODS and word not in recipe_names():
        return Contestant(word, "trained", method_recipe(word))
    if word in recipe_names() or Path(word).suffix in (".yaml", ".yml"):
        return _of_recipe(load_recipe(word))
    try:
        find_encoder(word)
    except WeightsError as error:
        if Path(word).name != word or Path(word).exists():
            raise RecipeError(f"{word}: {error}") from error
        known = [*METHODS, *recipe_names(), *shipped_names(), RANDOM]
        raise RecipeError(
            f"there is no method, recipe or encoder {word!r}{did_you_mean(word, known)}"
        ) from error
    return Contestant(word, "as it is", place=word)


def method_recipe(method: str) -> Recipe:
    """Return the recipe of a method that has none of its own: its default options.

    Args:
        method: of `METHODS`.

    Example:
        >>> recipe = method_recipe("feature_distillation")
        >>> recipe.teacher.start, recipe.student.method
        ('resnet18', 'feature_distillation')
    """
    stage = StageOptions(method=method)
    data = DataOptions(pack=None)
    if not METHODS[method].needs_teacher:
        return Recipe(name=method, data=data, teacher=stage, student=None)
    return Recipe(name=method, data=data, teacher=kept_teacher(TEACHER), student=stage)


def kept_teacher(place: str) -> StageOptions:
    """Return the stage of a teacher that is taken as it is.

    Args:
        place: its weights.
    """
    return StageOptions(method=KEEP, start=place, options={"query_dims": QUERY_DIMS})


def _of_recipe(recipe: Recipe) -> Contestant:
    if recipe.student is None and recipe.teacher is None:
        raise RecipeError(f"recipe {recipe.name} trains nothing that could be compared")
    return Contestant(recipe.name, "trained", recipe)
