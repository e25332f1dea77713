"""`asdcfer pretrain`: train a teacher."""

from pathlib import Path
from typing import Annotated

import typer


def pretrain(
    overrides: Annotated[list[str] | None, typer.Argument(help="Values of the recipe to change: teacher.epochs=20 seed=1", show_default=False)] = None,
    recipe: Annotated[str, typer.Option("--recipe", help="A recipe of the package (asdcfer recipes), or a YAML file.")] = "sample",
    data: Annotated[str | None, typer.Option("--data", help="A pack, or anything `prepare` understands, or `sample`.", show_default="the recipe's")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the run.", show_default="runs/RECIPE")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the last checkpoint.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a teacher that is there.")] = False,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    devices: Annotated[int, typer.Option("--devices", min=1, help="Processes on this machine that train together.")] = 1,
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="Machines that train together.")] = 1,
    strategy: Annotated[str, typer.Option("--strategy", help="Lightning's strategy.")] = "auto",
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")] = False,
) -> None:
    """Train a teacher on unlabelled faces by momentum contrast: the teacher section of a recipe.

    Labels are never trained on; where the pack has some, the log shows an online kNN on the public split. batch_size counts for each process.

    Examples:

      asdcfer pretrain --data packs/fer2013 --recipe fer2013_small --out runs/a

      asdcfer pretrain --data ~/faces --out runs/mine teacher.epochs=50 teacher.options.queue_size=2048

      asdcfer pretrain --out runs/a --resume
    """
    from asdcfer.cli.training import start

    job = start(recipe, overrides, data, out, ["teacher"], resume, force, device, devices, nodes, strategy, tensorboard)
    with job:
        job.train("teacher")
        job.done()
