"""The page of a summary: one panel a person, with shares, timelines and events."""

import html
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.extras import require
from asdcfer.models.cards import LAW
from asdcfer.predict.thinning import Thinned
from asdcfer.recognition.draw import COLORS, OTHER_COLOR
from asdcfer.reporting import plots
from asdcfer.reporting.html_page import card, write_page
from asdcfer.summary.events import Event
from asdcfer.summary.joining import tracks_of_people
from asdcfer.summary.score_table import ScoreTable, Track

MOST_TRACKS = 12
"""Timelines drawn for one person."""
LIMITS = f"An expression is what a face shows, not what a person feels. {LAW}"


def write_summary_page(
    out: str | os.PathLike[str],
    table: ScoreTable,
    people: Sequence[Mapping[str, Any]],
    events: Sequence[Event],
    title: str = "Expressions",
) -> Path:
    """Write one self-contained page.

    Args:
        out: the page.
        table: the scores.
        people: rows of `people.summarize_person`.
        events: of all of them.
        title: of the page.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    require("matplotlib", "a page of a summary")
    tracks = tracks_of_people(table)
    parts = [
        card(
            str(row["person"]),
            _person(
                row,
                tracks[row["person"]],
                table.expressions,
                [event for event in events if event.person == row["person"]],
            ),
        )
        for row in people
    ]
    return write_page(title, LIMITS, "\n".join(parts), out)


def _person(
    row: Mapping[str, Any],
    tracks: Sequence[Track],
    expressions: Sequence[str],
    events: Sequence[Event],
) -> str:
    facts = (
        f"{row['frames']:,} frames in {row['files']} files, {row['usable']:,} usable "
        f"({row['seconds']:,.1f} s), {row['uncertain']:,} uncertain, {row['other']:,} too small, "
        f"turned away or blurred; {len(events)} events"
    )
    if not row["usable"]:
        return f'<p class="soft">{facts}</p><p>No usable face.</p>'
    lines = [share_bars(row, expressions)]
    moving = [track for track in tracks if track.step > 0]
    for track in sorted(moving, key=lambda one: -len(one.times))[:MOST_TRACKS]:
        own = [event for event in events if event.file == track.file]
        lines.append(timeline(track, expressions, own))
    more = len(moving) - MOST_TRACKS
    rest = f'<p class="soft">{more} shorter tracks are not drawn.</p>' if more > 0 else ""
    return f'<p class="soft">{html.escape(facts)}</p>{"".join(lines)}{rest}'


def share_bars(row: Mapping[str, Any], expressions: Sequence[str]) -> str:
    """Draw the share of time of each expression as bars."""
    with plots.drawn(5.4, 0.9 + 0.28 * len(expressions)) as (figure, (axis,)):
        shares = [100 * (row[f"share_{name}"] or 0) for name in expressions]
        axis.barh(range(len(shares)), shares, color=[color_of(name) for name in expressions])
        for place, share in enumerate(shares):
            axis.text(share + 1, place, f"{share:.0f} %", va="center", fontsize=9)
        axis.set_yticks(range(len(shares)), expressions)
        axis.invert_yaxis()
        axis.set_xlim(0, 112)
        axis.grid(axis="y", visible=False)
        axis.set_title("share of the usable time", loc="left")
        return plots.image(figure, f"share of time of each expression of {row['person']}")


def timeline(track: Track, expressions: Sequence[str], events: Sequence[Event]) -> str:
    """Draw the scores of a track over time, and its events as a strip below."""
    begin, end = float(track.times[0]), float(track.times[-1]) + track.step
    thinned = Thinned(begin, end, round((end - begin) / track.step), len(expressions))
    thinned.add(track.times[track.usable], track.scores[track.usable])
    x, scores = thinned.times, thinned.means
    with plots.drawn(10.2, 2.9) as (figure, (axis,)):
        for index, name in enumerate(expressions):
            if np.nanmax(scores[:, index], initial=0) >= 0.15:
                axis.plot(x, scores[:, index], color=color_of(name), lw=1.5, label=name)
        for event in events:
            axis.barh(-0.09, event.duration, 0.1, event.start, color=color_of(event.expression))
        axis.set_ylim(-0.16, 1.02)
        axis.set_yticks([-0.09, 0, 0.5, 1], ["events", "0", "0.5", "1"])
        axis.set_xlim(begin, end)
        axis.set_xlabel("seconds")
        axis.set_title(track.file, loc="left")
        figure.legend(frameon=False, loc="outside right center")
        return plots.image(figure, f"scores over time of {track.person} in {track.file}")


def color_of(expression: str) -> str:
    """Return the color of an expression, as annotated copies have it."""
    red, green, blue = COLORS.get(expression, OTHER_COLOR)
    return f"#{red:02x}{green:02x}{blue:02x}"
