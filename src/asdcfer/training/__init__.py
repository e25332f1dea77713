"""Pretraining, fine-tuning and the engine below both."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.training.engine.hardware import Hardware as Hardware
    from asdcfer.training.engine.trainer import Workplace as Workplace
    from asdcfer.training.finetune.options import FinetuneOptions as FinetuneOptions
    from asdcfer.training.pretrain.recipe import Recipe as Recipe
    from asdcfer.training.pretrain.recipe import StageOptions as StageOptions
    from asdcfer.training.pretrain.recipe_files import load_recipe as load_recipe
    from asdcfer.training.pretrain.recipe_files import recipe_names as recipe_names
    from asdcfer.training.pretrain.stages import train_stage as train_stage

_MODULES = {
    "FinetuneOptions": "asdcfer.training.finetune.options",
    "Hardware": "asdcfer.training.engine.hardware",
    "Recipe": "asdcfer.training.pretrain.recipe",
    "StageOptions": "asdcfer.training.pretrain.recipe",
    "Workplace": "asdcfer.training.engine.trainer",
    "load_recipe": "asdcfer.training.pretrain.recipe_files",
    "recipe_names": "asdcfer.training.pretrain.recipe_files",
    "train_stage": "asdcfer.training.pretrain.stages",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
