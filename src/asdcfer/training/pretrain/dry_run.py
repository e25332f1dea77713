"""Dry run: one step of a stage on a few faces, before anything is removed or trained."""

import torch

from asdcfer.augmentation.views import ViewMaker
from asdcfer.data.pack import Pack
from asdcfer.methods.method import Method
from asdcfer.methods.registry import build_method
from asdcfer.methods.teacher import Teacher
from asdcfer.training.pretrain.dataset import give_annotations, training_images
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_sections import new_encoder, stage_of
from asdcfer.training.pretrain.recipe_validation import FIT, KEEP
from asdcfer.training.teacher_file import TeacherFile

FACES = 4


def dry_run(
    recipe: Recipe, section: str, pack: Pack, teacher: TeacherFile | Teacher | None = None
) -> None:
    """Build what a stage trains, compute one loss at each size of its views, and throw it all away.

    A stage seeds everything when it starts, so that a rehearsal changes none of its numbers.

    Args:
        recipe: with the section.
        section: one of `recipe.SECTIONS`.
        pack: the faces.
        teacher: weights of the teacher, of an encoder that this package can build; or a stand-in
            where it is still to be trained.

    Raises:
        AsdcferError: whatever would have ended the stage at its first step: weights that cannot be
            read, maps that cannot be aligned, too few views.
    """
    stage = stage_of(recipe, section)
    if stage.method in (FIT, KEEP):
        new_encoder(recipe, section)
        return
    method = dry_run_method(recipe, section, teacher)
    few = recipe.data.model_copy(update={"images": FACES})
    images = training_images(pack, few, stage.encoder.preprocessing.channels)
    give_annotations(method, pack, recipe.data, stage.views.temporal)
    method.prepare(images)
    method.fit_heads(images)
    for side in sorted({stage.views.size, *(side for _, side in stage.resolution)}):
        maker = ViewMaker(stage.views.model_copy(update={"size": side}))
        method.training_step(
            maker(
                images,
                method.encoder.preprocessing,
                torch.Generator().manual_seed(0),
                torch.arange(len(images)),
            )
        )


def dry_run_method(
    recipe: Recipe, section: str, teacher: TeacherFile | Teacher | None = None
) -> Method:
    """Build what a stage trains, to be thrown away after a rehearsal.

    Args:
        recipe: with the section, which trains by gradients.
        section: one of `recipe.SECTIONS`.
        teacher: as in `dry_run`.
    """
    stage = stage_of(recipe, section)
    encoder = new_encoder(recipe, section)
    taught_by = teacher.teacher() if isinstance(teacher, TeacherFile) else teacher
    return build_method(stage.method, encoder, stage.options, taught_by).train()
