"""The page of a summary: one panel a person, with shares, timelines and events."""

import html
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asdcfer.models.cards import LAW
from asdcfer.recognition.palette import Look, looks
from asdcfer.reporting.html_page import card, write_page
from asdcfer.summary.events import Event
from asdcfer.summary.joining import tracks_of_people
from asdcfer.summary.score_table import ScoreTable, Track
from asdcfer.summary.timeline_figure import clock, dashes, style, timeline_figure

MOST_TRACKS = 12
"""Timelines drawn for one person."""
MOST_EVENTS = 2000
"""Events listed for one person."""
LIMITS = f"An expression is what a face shows, not what a person feels. {LAW}"


def write_summary_page(
    out: str | os.PathLike[str],
    table: ScoreTable,
    people: Sequence[Mapping[str, Any]],
    events: Sequence[Event],
    title: str = "Expressions",
) -> Path:
    """Write one self-contained page; it fits narrow screens, dark themes and paper.

    Args:
        out: the page.
        table: the scores.
        people: rows of `people.summarize_person`, perhaps with changes against a baseline.
        events: of all of them.
        title: of the page.
    """
    tracks, drawn = tracks_of_people(table), looks(table.expressions)
    parts = [
        card(
            str(row["person"]),
            _person(
                row,
                tracks[row["person"]],
                drawn,
                [event for event in events if event.person == row["person"]],
            ),
        )
        for row in people
    ]
    return write_page(title, LIMITS, "\n".join(parts), out, style="summary.css")


def _person(
    row: Mapping[str, Any],
    tracks: Sequence[Track],
    drawn: Mapping[str, Look],
    events: Sequence[Event],
) -> str:
    facts = (
        f"{_count(row['frames'], 'frame')} in {_count(row['files'], 'file')}, {row['usable']:,} "
        f"usable ({row['seconds']:,.1f} s), {row['uncertain']:,} uncertain, {row['other']:,} too "
        f"small, turned away or blurred; {_count(len(events), 'event')}"
    )
    if not row["usable"]:
        return f'<p class="soft">{facts}</p><p>No usable face.</p>'
    lines = [share_table(row, drawn)]
    moving = sorted((track for track in tracks if track.step > 0), key=lambda one: -len(one.times))
    if moving:
        lines.append(legend(drawn))
    for track in moving[:MOST_TRACKS]:
        own = [event for event in events if event.file == track.file]
        lines.append(timeline_figure(track, list(drawn), own, drawn))
    more = len(moving) - MOST_TRACKS
    rest = f'<p class="soft">{_count(more, "shorter track")} not drawn.</p>' if more > 0 else ""
    return f'<p class="soft">{facts}</p>{"".join(lines)}{rest}{event_table(events)}'


def share_table(row: Mapping[str, Any], drawn: Mapping[str, Look]) -> str:
    """Return the share of time, mean and rate of each expression as a table with bars.

    Args:
        row: of a person with usable faces.
        drawn: expression -> look.
    """
    changes = any(f"change_{name}" in row for name in drawn)
    lines = []
    for name, look in drawn.items():
        share, rate = row[f"share_{name}"] or 0.0, row[f"per_minute_{name}"]
        bar = f'<div class="drawn" {style(look, share=f"{share:.2%}")}></div>'
        mean = row[f"mean_{name}"]
        values = [f"{share:.0%}", f"{mean:.2f}", "–" if rate is None else f"{rate:.1f}"]
        if changes:
            values.append(_change(row, name))
        cells = "".join(f'<td class="n">{value}</td>' for value in values)
        lines.append(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            f'<td class="bar" aria-hidden="true">{bar}</td>{cells}</tr>'
        )
    last = '<th class="n" scope="col">against neutral face, 95 %</th>' if changes else ""
    return (
        '<table class="shares"><tr><th scope="col">expression</th><td></td>'
        '<th class="n" scope="col">share of time</th><th class="n" scope="col">mean score</th>'
        f'<th class="n" scope="col">events a minute</th>{last}</tr>{"".join(lines)}</table>'
    )


def legend(drawn: Mapping[str, Look]) -> str:
    """Return what the lines of the timelines mean."""
    items = "".join(
        f'<li><svg viewBox="0 0 34 10" aria-hidden="true"><line class="drawn" {style(look)} '
        f'{dashes(look)} x1="0" x2="34" y1="5" y2="5"/></svg>{html.escape(name)}</li>'
        for name, look in drawn.items()
    )
    return f'<ul class="legend" aria-label="Lines">{items}</ul>'


def event_table(events: Sequence[Event]) -> str:
    """Return events as a table that opens; nothing where there are none."""
    if not events:
        return ""
    several = len({event.file for event in events}) > 1
    lines = "".join(
        f"<tr><td>{html.escape(event.expression)}</td>"
        + (f"<td>{html.escape(event.file)}</td>" if several else "")
        + f'<td class="n">{clock(round(event.start, 2))}</td>'
        f'<td class="n">{clock(round(event.end, 2))}</td>'
        f'<td class="n">{event.mean:.2f}</td><td class="n">{event.peak:.2f}</td></tr>'
        for event in events[:MOST_EVENTS]
    )
    rest = (
        f'<p class="soft">{len(events) - MOST_EVENTS:,} more are in the table of events.</p>'
        if len(events) > MOST_EVENTS
        else ""
    )
    file = '<th scope="col">file</th>' if several else ""
    heads = "".join(
        f'<th class="n" scope="col">{name}</th>' for name in ("from", "to", "mean", "peak")
    )
    return (
        f"<details><summary>{_count(len(events), 'event')}</summary>"
        f'<table><tr><th scope="col">expression</th>{file}{heads}</tr>{lines}</table>'
        f"{rest}</details>"
    )


def _change(row: Mapping[str, Any], name: str) -> str:
    change, low, high = (row[f"change_{name}{end}"] for end in ("", "_low", "_high"))
    return f"{change:+.2f}<small>{low:+.2f} to {high:+.2f}</small>"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
