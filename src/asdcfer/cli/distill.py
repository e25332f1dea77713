"""`asdcfer distill`: train a student under a teacher."""

from typing import Annotated

import typer

from asdcfer.cli.training_options import TrainingOptions, training_verb


@training_verb
def distill(
    options: TrainingOptions,
    teacher: Annotated[
        str | None,
        typer.Option(
            "--teacher",
            help=(
                "The teacher: a safetensors file, the folder of a run or a finetune, or a name of "
                "`asdcfer models` or of a hub, hf:user/name."
            ),
            show_default="OUT/teacher/encoder.safetensors",
        ),
    ] = None,
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

    with ConsoleProgress("steps") as progress:
        stage = api.distill(**options.arguments(), teacher=teacher, progress=progress)
    say_trained(stage)
