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
    from asdcfer.errors import AsdcferError
    from asdcfer.plain_json import from_json

    if not words:
        return None
    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise AsdcferError(f"{option} {word}: expected NAME=VALUE")
        try:
            found[name] = from_json(value)
        except ValueError:
            found[name] = value
    return found


def whole_numbers(text: str, option: str, least: int = 1) -> list[int]:
    """Return whole numbers with commas between.

    Args:
        text: as typed.
        option: for messages.
        least: 0 or 1.

    Raises:
        AsdcferError: something else.

    Example:
        >>> whole_numbers("0,1,2", "--seeds", least=0)
        [0, 1, 2]
    """
    from asdcfer.errors import AsdcferError

    counts = numbers(text, option, above=least - 1)
    if any(count % 1 for count in counts):
        raise AsdcferError(f"{option} {text}: expected whole numbers with commas between")
    return [int(count) for count in counts]


def numbers(text: str, option: str, above: float = 0) -> list[float]:
    """Return numbers with commas between; those of `--shares` are percents.

    Args:
        text: as typed.
        option: for messages.
        above: every number must be higher.

    Raises:
        AsdcferError: something else.

    Example:
        >>> numbers("1, 2.5", "--shares")
        [1.0, 2.5]
    """
    from asdcfer.errors import AsdcferError

    try:
        found = [float(word) for word in text.split(",") if word.strip()]
    except ValueError as error:
        raise AsdcferError(f"{option} {text}: expected numbers with commas between") from error
    if any(not number > above for number in found) or (
        option == "--shares" and any(number > 100 for number in found)
    ):
        wanted = f"numbers above {above:g}" if above >= 0 else "numbers from 0 on"
        raise AsdcferError(
            f"{option} {text}: expected {wanted}"
            + (" and up to 100 percent" if option == "--shares" else "")
        )
    return found
