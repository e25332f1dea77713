"""Options that several verbs share, said once; no heavy imports here either."""

from pathlib import Path
from typing import Annotated

import typer

FerPlusVotes = Annotated[
    Path | None,
    typer.Option(
        "--ferplus",
        help="fer2013new.csv, to report FER+ as well.",
        show_default="where it lies beside --data",
    ),
]

Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]

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
