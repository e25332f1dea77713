"""`asdcfer distil`: train a student under a teacher."""

from pathlib import Path
from typing import Annotated

import typer


def distil(
    overrides: Annotated[list[str] | None, typer.Argument(help="Values of the recipe to change: student.epochs=20 seed=1", show_default=False)] = None,
    teacher: Annotated[str | None, typer.Option("--teacher", help="Weights of the teacher: a file, or a name (asdcfer models).", show_default="OUT/teacher/encoder.safetensors")] = None,
    recipe: Annotated[str, typer.Option("--recipe", help="A recipe of the package (asdcfer recipes), or a YAML file.")] = "sample",
    data: Annotated[str | None, typer.Option("--data", help="A pack, or anything `prepare` understands, or `sample`.", show_default="the recipe's")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the run.", show_default="runs/RECIPE")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the last checkpoint.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a student that is there.")] = False,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    devices: Annotated[int, typer.Option("--devices", min=1, help="Processes on this machine that train together.")] = 1,
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="Machines that train together.")] = 1,
    strategy: Annotated[str, typer.Option("--strategy", help="Lightning's strategy.")] = "auto",
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")] = False,
) -> None:
    """Train a student under a frozen teacher: the student section of a recipe.

    Examples:

      asdcfer distil --teacher runs/a/teacher/encoder --data packs/fer2013 --recipe fer2013_small --out runs/b

      asdcfer distil --out runs/a student.options.w_key=0

      asdcfer distil --teacher runs/b/student/encoder --out runs/second_round
    """
    from asdcfer.cli.training import start

    job = start(recipe, overrides, data, out, ["student"], resume, force, device, devices, nodes, strategy, tensorboard)
    with job:
        job.train("student", teacher=job.teacher(teacher))
        job.done()
