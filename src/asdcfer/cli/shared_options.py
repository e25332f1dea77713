"""Options that several verbs share, said once; no heavy imports here either."""

from pathlib import Path
from typing import Annotated

import typer

RecipeName = Annotated[
    str, typer.Option("--recipe", help="A recipe of the package (asdcfer recipes), or a YAML file.")
]
Faces = Annotated[
    str | None,
    typer.Option(
        "--data",
        help=(
            "A pack (its path, or its name under ./packs or $ASDCFER_DATA), anything `prepare` "
            "understands, or `sample`."
        ),
        show_default="the recipe's",
    ),
]
RunFolder = Annotated[
    Path | None, typer.Option("--out", help="Folder of the run.", show_default="runs/RECIPE")
]
FerPlusVotes = Annotated[
    Path | None,
    typer.Option(
        "--ferplus",
        help="fer2013new.csv, to report FER+ as well.",
        show_default="where it lies beside --data",
    ),
]

Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
Devices = Annotated[
    int, typer.Option("--devices", min=1, help="Processes on this machine that train together.")
]
Nodes = Annotated[int, typer.Option("--nodes", min=1, help="Machines that train together.")]
Strategy = Annotated[str, typer.Option("--strategy", help="Lightning's strategy.")]
TensorBoard = Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        help=(
            "Train as many epochs as end in this time: 150m, 2h30m. Measured before the run "
            "starts, printed and stored."
        ),
        show_default="the recipe's epochs",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue from the last checkpoint.")]

PoolingOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--pooling-option", help="An argument of the pooling: map=-2 cells=3", show_default=False
    ),
]
LabeledFaces = Annotated[
    str,
    typer.Option(
        "--data",
        help=(
            "A labeled pack (its path, or its name under ./packs or $ASDCFER_DATA), a FER-2013 "
            "CSV, anything `prepare` understands, or `sample`."
        ),
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        "--labels",
        help=(
            "Answer under ferplus (ten people's votes), ferplus7 (the same without contempt) or "
            "fer2013, where the model has both."
        ),
        show_default="the model's first",
    ),
]
ResultsAsJson = Annotated[bool, typer.Option("--json", help="Print the results as JSON.")]


def under_labels(model: str, labels: str | None) -> str:
    """Return the name of a model under a label set.

    Example:
        >>> under_labels("light", "fer2013"), under_labels("light", None)
        ('light:fer2013', 'light')
    """
    return model if labels is None else f"{model}:{labels}"


def changes_of(section: str) -> typer.models.ArgumentInfo:
    """Return the argument that takes changes of a recipe, with an example of a section."""
    argument: typer.models.ArgumentInfo = typer.Argument(
        help=f"Values of the recipe to change: {section}.epochs=20 seed=1", show_default=False
    )
    return argument


def with_budget(overrides: list[str] | None, budget: str | None) -> list[str]:
    """Return the changes of a recipe with `--budget` among them.

    Example:
        >>> with_budget(["seed=1"], "150m")
        ['seed=1', "budget='150m'"]
    """
    return [*(overrides or []), *([] if budget is None else [f"budget='{budget}'"])]


def named_values(words: list[str] | None, option: str) -> dict[str, object] | None:
    """Return NAME=VALUE words as a mapping; None where there are none.

    Args:
        words: as typed; values are read as JSON where they are.
        option: for messages.

    Raises:
        AsdcferError: a word without "=".
    """
    import json

    from asdcfer.errors import AsdcferError

    if not words:
        return None
    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise AsdcferError(f"{option} {word}: expected NAME=VALUE")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found
