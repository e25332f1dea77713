"""A section of a recipe: its options as the faces want them, and the encoder it starts from."""

from typing import Any

from asdcfer.errors import RecipeError
from asdcfer.methods.registry import METHODS
from asdcfer.models.encoder import Encoder
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_encoder
from asdcfer.progress import SILENT, Progress
from asdcfer.training.engine.sampler import mixed_seed
from asdcfer.training.engine.seeding import seed_all
from asdcfer.training.pretrain.recipe import SECTIONS, Recipe, StageOptions
from asdcfer.validation import validate_options


def stage_of(recipe: Recipe, section: str) -> StageOptions:
    """Return a section of a recipe.

    Raises:
        RecipeError: the recipe has none.
    """
    stage: StageOptions | None = getattr(recipe, section)
    if stage is None:
        raise RecipeError(
            f"recipe {recipe.name} has no {section}; choose another recipe, or set "
            f"{section}.method and {section}.encoder"
        )
    return stage


def new_encoder(recipe: Recipe, section: str, untrained: bool = False) -> Encoder:
    """Return the encoder of a section with the weights that its training starts from.

    Args:
        recipe: with the section.
        section: one of `recipe.SECTIONS`.
        untrained: random weights also where the section starts from others.
    """
    stage = stage_of(recipe, section)
    seed_all(mixed_seed(recipe.seed, SECTIONS[section]))
    if stage.start is not None and not untrained:
        return load_encoder(stage.start)
    return build_encoder(stage.encoder)


def fitted_options(
    stage: StageOptions, images: int, section: str, progress: Progress = SILENT
) -> dict[str, Any]:
    """Return the options of a stage's method as it wants them for so many images.

    Each change is told.

    Args:
        stage: says method and options.
        images: how many are trained on.
        section: for messages.
        progress: gets them.

    Example:
        >>> options = {"queue_size": 4096}
        >>> stage = StageOptions(method="moco", encoder={"name": "mobile"}, options=options)
        >>> fitted_options(stage, 1000, "teacher")["queue_size"]
        500
    """
    method = METHODS[stage.method]
    asked = validate_options(method.Options, stage.options, f"{section}.options")
    fitted = method.fit_to_dataset(asked, images)
    before, after = asked.model_dump(mode="json"), fitted.model_dump(mode="json")
    for name, value in after.items():
        if value != before[name]:
            progress.message(
                f"{section}: {name}={before[name]} becomes {value} for {images:,} images"
            )
    return after
