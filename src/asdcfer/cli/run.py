"""`asdcfer run`: teacher, student, baseline, probes and report in one go."""

from typing import Annotated

import typer

from asdcfer.cli.shared_options import (
    Budget,
    Device,
    Devices,
    Faces,
    FerPlusVotes,
    Nodes,
    RecipeName,
    RunFolder,
    Strategy,
    TensorBoard,
    changes_of,
    with_budget,
)


def run(
    overrides: Annotated[list[str] | None, changes_of("teacher")] = None,
    recipe: RecipeName = "sample",
    data: Faces = None,
    out: RunFolder = None,
    budget: Budget = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Continue a run that was interrupted; finished parts are kept."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a run that is there.")] = False,
    ferplus: FerPlusVotes = None,
    device: Device = "auto",
    devices: Devices = 1,
    nodes: Nodes = 1,
    strategy: Strategy = "auto",
    tensorboard: TensorBoard = False,
) -> None:
    """Train a teacher, distill a student, probe them, and draw the report.

    Ends with a table and the path of an HTML report. Ctrl-C leaves a checkpoint; the same command
    with --resume continues from it.

    For example:

      asdcfer run

      asdcfer run --data packs/fer2013 --recipe fer2013_small --out runs/a

      asdcfer run --data packs/fer2013 --recipe fer2013_small seed=1 student.options.w_key=0

      asdcfer run --data ~/faces --out runs/mine teacher.epochs=50

      asdcfer run --data ~/faces --out runs/mine --budget 2h30m
    """
    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress
    from asdcfer.cli.training_tables import print_run
    from asdcfer.training.engine.hardware import Hardware
    from asdcfer.training.pretrain.recipe_files import load_recipe

    with ConsoleProgress("") as progress:
        found = api.run(
            load_recipe(recipe, with_budget(overrides, budget)),
            data,
            out,
            votes=ferplus,
            resume=resume,
            force=force,
            hardware=Hardware(device, devices, nodes, strategy, tensorboard),
            progress=progress,
        )
    print_run(found)
