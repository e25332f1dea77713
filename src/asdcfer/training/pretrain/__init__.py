"""Pretraining by recipe, in stages; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.training.pretrain.recipe import Recipe as Recipe
    from asdcfer.training.pretrain.recipe import StageOptions as StageOptions
    from asdcfer.training.pretrain.recipe_files import load_recipe as load_recipe
    from asdcfer.training.pretrain.recipe_files import recipe_names as recipe_names
    from asdcfer.training.pretrain.stages import train_stage as train_stage

_MODULES = {
    "Recipe": "asdcfer.training.pretrain.recipe",
    "StageOptions": "asdcfer.training.pretrain.recipe",
    "load_recipe": "asdcfer.training.pretrain.recipe_files",
    "recipe_names": "asdcfer.training.pretrain.recipe_files",
    "train_stage": "asdcfer.training.pretrain.stages",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
