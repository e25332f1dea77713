"""`summarize`: persons, shares of time and events from a table that `predict` wrote."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asdcfer.api.data_inputs import PathLike
from asdcfer.errors import AsdcferError, InputError
from asdcfer.predict.columns import Column
from asdcfer.predict.output_paths import keep_apart
from asdcfer.predict.table_io import check_table_path, write_table
from asdcfer.summary.baseline import baseline_of, neutral_changes
from asdcfer.summary.boris import write_boris
from asdcfer.summary.elan import write_elan
from asdcfer.summary.events import Event, EventOptions, detect_events
from asdcfer.summary.joining import tracks_of_people
from asdcfer.summary.page import write_summary_page
from asdcfer.summary.people import person_columns, summarize_person
from asdcfer.summary.score_table import (
    ScoreTable,
    Track,
    read_names,
    read_person_names,
    read_scores,
)

EVENT_COLUMNS = (
    Column("person", "text", "whose face"),
    Column("file", "text", "where it was seen"),
    Column("expression", "text", "which"),
    Column("start", "number", "seconds from the beginning of the file"),
    Column("end", "number", "seconds from the beginning of the file"),
    Column("duration", "number", "seconds"),
    Column("mean", "number", "of its score"),
    Column("peak", "number", "of its score"),
)

_ANNOTATIONS = (".eaf", ".boris")
"""Files of other programs, which hold events and nothing else."""


@dataclass(frozen=True)
class SummaryOutputs:
    """Files to write; None leaves one away.

    Attributes:
        people: table of persons, .csv, .tsv, .json, .jsonl or .parquet.
        events: table of events, .eaf for ELAN, or .boris for BORIS.
        page: one HTML page.
        force: replace files that are there.
    """

    people: PathLike | None = None
    events: PathLike | None = None
    page: PathLike | None = None
    force: bool = False


@dataclass(frozen=True)
class Summary:
    """What a table of scores comes to.

    Attributes:
        people: one row a person, see `summary.people.summarize_person`; with a baseline also
            change_NAME, change_NAME_low and change_NAME_high.
        events: of all persons, by person and time.
        expressions: names of the scores.
    """

    people: list[dict[str, Any]]
    events: list[Event]
    expressions: tuple[str, ...] = field(default=())


def summarize(
    scores: PathLike,
    outputs: SummaryOutputs | None = None,
    *,
    names: PathLike | None = None,
    baseline: PathLike | None = None,
    options: EventOptions | None = None,
) -> Summary:
    r"""Summarize a table of scores by person.

    Args:
        scores: a table that `predict` wrote.
        outputs: files to write.
        names: CSV file with file, face and person, or the names file that `predict` wrote; faces of
            one name are one person.
        baseline: such a table of the same persons at rest, which is subtracted.
        options: when an event begins and ends.

    Raises:
        InputError: a table is missing or holds no face, a baseline is too short, or an output is
            there, is an input or another output, or has a suffix that cannot be written.

    Example:
        >>> import tempfile
        >>> table = Path(tempfile.mkdtemp()) / "scores.csv"
        >>> head = "file,frame,time,face,x,y,width,height,happy,sad,expression,confidence,status"
        >>> rows = [f"v.mp4,{i},{i / 4},0,0,0,9,9,0.9,0.1,happy,0.9,ok" for i in range(8)]
        >>> _ = table.write_text("\n".join([head, *rows]))
        >>> found = summarize(table)
        >>> found.people[0]["share_happy"], [(e.start, e.end) for e in found.events]
        (1.0, [(0.0, 2.0)])
    """
    outputs = outputs or SummaryOutputs()
    _check(outputs)
    written = {"people": outputs.people, "events": outputs.events, "page": outputs.page}
    keep_apart(written, (scores, names, baseline))
    people = read_person_names(names) if names is not None else None
    called = read_names(names) if names is not None and people is None else None
    table = read_scores(scores, called, people)
    rest = read_scores(baseline, called, people) if baseline is not None else None
    if rest is not None and rest.expressions != table.expressions:
        raise InputError(
            f"{baseline} has other expressions ({', '.join(rest.expressions)}) than {scores}"
        )
    found = summarize_table(table, rest, options)
    write_summary(outputs, table, found)
    return found


def summarize_table(
    table: ScoreTable, baseline: ScoreTable | None = None, options: EventOptions | None = None
) -> Summary:
    """Summarize scores that are at hand; `summarize` does so with those of a file.

    Args:
        table: the scores.
        baseline: of the same persons at rest, with the same expressions.
        options: when an event begins and ends.

    Raises:
        InputError: the baseline lacks a person or is too short.
    """
    events: list[Event] = []
    people: list[dict[str, Any]] = []
    tracks = tracks_of_people(table)
    for person, own in tracks.items():
        found = [
            event for track in own for event in detect_events(track, table.expressions, options)
        ]
        found.sort(key=lambda event: (event.file, event.start))
        row = summarize_person(person, own, table.expressions, found)
        if baseline is not None:
            row |= _changes(person, own, table, baseline)
        events += found
        people.append(row)
    return Summary(people, events, table.expressions)


def _changes(
    person: str, tracks: Sequence[Track], table: ScoreTable, rest: ScoreTable
) -> dict[str, float]:
    neutral = baseline_of(person, rest, len(table.people) == 1)
    found: dict[str, float] = {}
    for name, (change, low, high) in zip(
        table.expressions, neutral_changes(tracks, neutral), strict=True
    ):
        found |= {f"change_{name}": change, f"change_{name}_low": low, f"change_{name}_high": high}
    return found


def _check(outputs: SummaryOutputs) -> None:
    """Find out what would fail at the end."""
    if outputs.people is not None:
        suffix = Path(outputs.people).suffix.lower()
        if suffix in _ANNOTATIONS:
            raise InputError(
                f"a {suffix} file holds events; write `people` as .csv, .tsv, .json, .jsonl or "
                ".parquet"
            )
        check_table_path(Path(outputs.people))
    if outputs.events is not None and Path(outputs.events).suffix.lower() not in _ANNOTATIONS:
        check_table_path(Path(outputs.events))
    for path in (outputs.people, outputs.events, outputs.page):
        if path is not None and Path(path).exists() and not outputs.force:
            raise AsdcferError(f"{path} is there already; use `force=True` to replace it")


def write_summary(outputs: SummaryOutputs, table: ScoreTable, found: Summary) -> None:
    """Write the files of a summary.

    Args:
        outputs: which ones.
        table: what was summarized.
        found: what it came to.
    """
    if outputs.people is not None:
        write_table(outputs.people, found.people, person_columns(found.people[0]))
    if outputs.events is not None:
        suffix = Path(outputs.events).suffix.lower()
        if suffix == ".eaf":
            write_elan(outputs.events, found.events)
        elif suffix == ".boris":
            people = [str(row["person"]) for row in found.people]
            moving = dict.fromkeys(track.file for track in table.tracks if track.step > 0)
            write_boris(outputs.events, found.events, table.expressions, people, tuple(moving))
        else:
            write_table(outputs.events, map(event_row, found.events), EVENT_COLUMNS)
    if outputs.page is not None:
        title = ", ".join(table.files[:3]) + (" and more" if len(table.files) > 3 else "")
        write_summary_page(outputs.page, table, found.people, found.events, f"Expressions: {title}")


def event_row(event: Event) -> dict[str, Any]:
    """Return an event as a row of a table, times in seconds."""
    return {
        "person": event.person,
        "file": event.file,
        "expression": event.expression,
        "start": round(event.start, 3),
        "end": round(event.end, 3),
        "duration": round(event.duration, 3),
        "mean": round(event.mean, 6),
        "peak": round(event.peak, 6),
    }
