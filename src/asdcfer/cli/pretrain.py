"""`asdcfer pretrain`: train a teacher."""

from typing import Annotated

import typer

from asdcfer.cli.shared_options import (
    Budget,
    Device,
    Devices,
    Faces,
    Nodes,
    RecipeName,
    Resume,
    RunFolder,
    Strategy,
    TensorBoard,
    changes_of,
    with_budget,
)


def pretrain(
    overrides: Annotated[list[str] | None, changes_of("teacher")] = None,
    recipe: RecipeName = "sample",
    data: Faces = None,
    out: RunFolder = None,
    budget: Budget = None,
    resume: Resume = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a teacher that is there.")
    ] = False,
    device: Device = "auto",
    devices: Devices = 1,
    nodes: Nodes = 1,
    strategy: Strategy = "auto",
    tensorboard: TensorBoard = False,
) -> None:
    """Train a teacher on unlabeled faces by momentum contrast: the teacher section of a recipe.

    Labels are never trained on; where the pack has some, the log shows an online kNN on the public
    split. batch_size counts for each process.

    For example:

      asdcfer pretrain --data packs/fer2013 --recipe fer2013_small --out runs/a

      asdcfer pretrain --data ~/faces --out runs/mine teacher.epochs=50

      asdcfer pretrain --out runs/a --resume
    """
    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.cli.training_tables import say_trained
    from asdcfer.training.engine.hardware import Hardware
    from asdcfer.training.pretrain.recipe_files import load_recipe

    with ConsoleProgress("steps") as progress:
        stage = api.pretrain(
            load_recipe(recipe, with_budget(overrides, budget)),
            data,
            out,
            resume=resume,
            force=force,
            hardware=Hardware(device, devices, nodes, strategy, tensorboard),
            progress=progress,
        )
    say_trained(stage)
