"""`asdcfer summarize`: persons, shares of time and events from a table of scores."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from asdcfer.api.summary import Summary


def summarize(
    scores: Annotated[
        Path, typer.Argument(help="A table that `predict --out` wrote.", show_default=False)
    ],
    people: Annotated[
        Path | None,
        typer.Option(
            "--people", help="Table of persons: .csv, .tsv, .json, .parquet.", show_default=False
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            "--events",
            help="Table of events: .csv, .tsv, .json, .parquet; .eaf for ELAN; .boris for BORIS.",
            show_default=False,
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", help="HTML page with a panel a person.", show_default=False),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(
            "--names",
            help="The file of `predict --people`, or a CSV of file, face, person.",
            show_default=False,
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline",
            help="Such a table of the same persons at rest, which is subtracted.",
            show_default=False,
        ),
    ] = None,
    begin: Annotated[
        float, typer.Option("--begin", help="Score at which an event begins.", min=0.01, max=1)
    ] = 0.5,
    end: Annotated[
        float, typer.Option("--end", help="Score under which it ends.", min=0, max=1)
    ] = 0.35,
    shortest: Annotated[
        float, typer.Option("--shortest", help="Shorter events are dropped, seconds.", min=0)
    ] = 0.5,
    gap: Annotated[
        float,
        typer.Option("--gap", help="Seconds without a usable face that end an event.", min=0),
    ] = 0.5,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print people and events.")] = False,
) -> None:
    """Summarize scores by person: shares of time, means, events.

    Frames of uncertain, tiny or missing faces count as such and in no share. Without --names each
    face number of each file is a person.

    For example:

      asdcfer predict interview.mp4 --out scores.csv

      asdcfer summarize scores.csv --people people.csv --events events.csv --page summary.html

      asdcfer summarize scores.csv --baseline neutral.csv --events events.eaf

      asdcfer summarize scores.csv --events events.boris
    """
    from asdcfer import api
    from asdcfer.validation import validate_options

    options = validate_options(
        api.EventOptions, {"begin": begin, "end": end, "shortest": shortest, "gap": gap}, "events"
    )
    found = api.summarize(
        scores,
        api.SummaryOutputs(people, events, page, force),
        names=names,
        baseline=baseline,
        options=options,
    )
    _print(found, as_json)
    for path in (people, events, page):
        if path is not None and not as_json:
            print(path)


def _print(found: "Summary", as_json: bool) -> None:
    import json

    from rich.table import Table

    from asdcfer.api.summary import event_row
    from asdcfer.console import table_console

    if as_json:
        print(json.dumps({"people": found.people, "events": [event_row(e) for e in found.events]}))
        return
    table = Table(title="share of usable time", title_justify="left")
    for name in ("person", "seconds", "usable", "uncertain", *found.expressions, "events"):
        table.add_column(name, justify="left" if name == "person" else "right")
    for row in found.people:
        shares = [row[f"share_{name}"] for name in found.expressions]
        count = sum(event.person == row["person"] for event in found.events)
        table.add_row(
            row["person"],
            f"{row['seconds']:,.1f}",
            f"{row['usable']:,}",
            f"{row['uncertain']:,}",
            *("" if share is None else f"{share:.0%}" for share in shares),
            str(count),
        )
    table_console(140).print(table)
