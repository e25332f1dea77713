"""`asdcfer distill`: train a student under a teacher."""

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


def distill(
    overrides: Annotated[list[str] | None, changes_of("student")] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            "--teacher",
            help=(
                "The teacher: a safetensors file, the folder of a run or a finetune, or a name of "
                "`asdcfer models`."
            ),
            show_default="OUT/teacher/encoder.safetensors",
        ),
    ] = None,
    recipe: RecipeName = "sample",
    data: Faces = None,
    out: RunFolder = None,
    budget: Budget = None,
    resume: Resume = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a student that is there.")
    ] = False,
    device: Device = "auto",
    devices: Devices = 1,
    nodes: Nodes = 1,
    strategy: Strategy = "auto",
    tensorboard: TensorBoard = False,
) -> None:
    """Train a student under a frozen teacher: the student section of a recipe.

    For example:

      asdcfer distill --teacher runs/a --data packs/fer2013 --recipe fer2013_small --out runs/b

      asdcfer distill --out runs/a student.options.w_key=0

      asdcfer distill --teacher runs/b/student/encoder --out runs/second_round
    """
    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.cli.training_tables import say_trained
    from asdcfer.training.engine.hardware import Hardware
    from asdcfer.training.pretrain.recipe_files import load_recipe

    with ConsoleProgress("steps") as progress:
        stage = api.distill(
            load_recipe(recipe, with_budget(overrides, budget)),
            data,
            out,
            teacher=teacher,
            resume=resume,
            force=force,
            hardware=Hardware(device, devices, nodes, strategy, tensorboard),
            progress=progress,
        )
    say_trained(stage)
