"""Shared recipe: a method's own options under the encoder, views and budget of a comparison."""

import math

import torch

from asdcfer.api.comparison.contestants import Contestant, kept_teacher
from asdcfer.api.comparison.settings import RESNET, TEACHER, CompareSettings, SharedTraining
from asdcfer.augmentation.views import ViewOptions
from asdcfer.data.pack import Pack
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.own_encoder import register_encoder
from asdcfer.models.registry import build_encoder
from asdcfer.training.pretrain.dataset import chosen_splits
from asdcfer.training.pretrain.module import plan_for
from asdcfer.training.pretrain.recipe import HealthOptions, Recipe, StageOptions
from asdcfer.training.pretrain.recipe_files import checked
from asdcfer.training.pretrain.recipe_validation import FIT, KEEP, needs_teacher
from asdcfer.validation import validate_options

OF_THE_METHOD = ("views", "warp_negatives", "warp_amplitude", "warp_grid")
"""Fields of `ViewOptions` that belong to a method: how many views it compares, and its warps."""

LOG_EVERY, CHECKPOINT_EVERY = 20, 200
"""Steps between rows of a log, and between checkpoints: what a kill can cost."""

HEALTH_EPOCHS = 2
"""Epochs between two measurements of the online kNN: the points of the curve over minutes."""


def shared_encoder(training: SharedTraining) -> EncoderSpec:
    """Return what every method trains.

    Its pooling joins the means of its last two maps: heads of all methods sit on that, and probes
    pool the same maps by a grid and globally.

    Args:
        training: says which encoder.

    Raises:
        RecipeError: an unknown encoder or argument, or an own encoder that cannot be imported.

    Example:
        >>> shared_encoder(SharedTraining()).arguments["width"]
        32
    """
    name = register_encoder(training.encoder)
    given = training.encoder_arguments
    arguments = dict(given if given is not None else RESNET if name == "resnet18" else {})
    spec = EncoderSpec(name=name, arguments=arguments)
    with torch.random.fork_rng(devices=[]):
        maps = len(build_encoder(spec).map_channels)
    return spec.model_copy(
        update={"pooling": "stages", "pooling_arguments": {"n": min(2, maps)}},
    )


def shared_views(training: SharedTraining, own: ViewOptions) -> ViewOptions:
    """Return the augmentation of a method: that of the comparison, but its own number of views.

    Raises:
        RecipeError: an unknown name, or an impossible value.

    Example:
        >>> own = ViewOptions(views=1, crop_area=(0.9, 1.0))
        >>> views = shared_views(SharedTraining(), own)
        >>> views.views, views.crop_area
        (1, (0.5, 1.0))
    """
    kept = {name: getattr(own, name) for name in OF_THE_METHOD}
    return validate_options(ViewOptions, {**kept, **training.views}, "views")


def trained_section(recipe: Recipe) -> str:
    """Return the section whose encoder is compared: the student, where there is one."""
    return "student" if recipe.student is not None else "teacher"


def shared_recipe(
    contestant: Contestant, settings: CompareSettings, pack: Pack, seed: int
) -> Recipe:
    """Return the recipe by which a contestant is trained in a comparison.

    Its own are the method with its options, its optimizer, the number of views and its teacher. The
    comparison's are encoder, augmentation, batch, resolution, faces and budget; everybody starts
    from random weights.

    Args:
        contestant: with a recipe.
        settings: of the comparison.
        pack: the faces.
        seed: of this row.

    Raises:
        RecipeError: an option that is impossible here.
    """
    own = contestant.recipe
    assert own is not None
    training, section = settings.training, trained_section(own)
    stage = getattr(own, section)
    stages: dict[str, StageOptions | None] = {"teacher": None, "student": None}
    if stage.method == FIT:
        stages[section] = stage
    else:
        stages[section] = shared_stage(training, stage)
        if section == "student" and needs_teacher(stage):
            stages["teacher"] = _teacher(training, own)
    splits = ["train"] if "train" in pack.splits else ["*"]
    data = {"pack": str(pack.path), "splits": splits, "images": training.images}
    recipe = Recipe.model_validate(
        {"name": contestant.name, "seed": seed, "data": data, "baseline": None, **stages}
    )
    trained = by_gradients(recipe)
    if settings.steps is not None:
        recipe = counted(recipe, settings.steps, pack)
    tree = recipe.model_dump(mode="json")
    tree["budget"] = settings.time if trained else None
    return checked(tree, contestant.name)


def shared_stage(training: SharedTraining, stage: StageOptions) -> StageOptions:
    """Return the stage of a method under what all methods share."""
    views = shared_views(training, stage.views)
    sides = [(start, side) for start, side in training.resolution if side <= views.size]
    return stage.model_copy(
        update={
            "start": None,
            "encoder": shared_encoder(training),
            "views": views,
            "epochs": "auto",
            "batch_size": training.batch_size,
            "accumulate": 1,
            "resolution": sides,
            "log_every": LOG_EVERY,
            "checkpoint_every": CHECKPOINT_EVERY,
            "health": HealthOptions(every_epochs=HEALTH_EPOCHS),
        }
    )


def counted(recipe: Recipe, steps: int, pack: Pack) -> Recipe:
    """Return a recipe whose stages make so many steps together, in whole epochs of each.

    Args:
        recipe: with the epochs of its stages open.
        steps: shared equally by the stages that train.
        pack: the faces.
    """
    trained = by_gradients(recipe)
    rows = len(pack.rows(*chosen_splits(pack, recipe.data)))
    images = min(rows, recipe.data.images or rows)
    updates: dict[str, StageOptions] = {}
    for section in trained:
        once = getattr(recipe, section).model_copy(update={"epochs": 1})
        epoch = plan_for(once, images, 1).steps_per_epoch
        count = max(1, math.ceil(steps / len(trained) / epoch))
        updates[section] = once.model_copy(update={"epochs": count})
    return recipe.model_copy(update=updates)


def by_gradients(recipe: Recipe) -> list[str]:
    """Return the sections of a recipe that train by gradients, in order."""
    return [
        name
        for name in ("teacher", "student")
        for stage in [getattr(recipe, name)]
        if stage is not None and stage.method not in (FIT, KEEP)
    ]


def _teacher(training: SharedTraining, own: Recipe) -> StageOptions:
    """Return the teacher's stage; one that is trained shares the time with its student."""
    if training.teacher is not None:
        query = {} if own.teacher is None or own.teacher.method != KEEP else own.teacher.options
        kept = kept_teacher(str(training.teacher))
        return kept.model_copy(update={"options": {**kept.options, **query}})
    if own.teacher is None:
        return kept_teacher(TEACHER)
    if own.teacher.method in (FIT, KEEP):
        return own.teacher
    shared = {"epochs": "auto", "batch_size": training.batch_size, "accumulate": 1}
    return own.teacher.model_copy(update=shared)
