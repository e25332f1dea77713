"""Page of a comparison: the verdict, the table and the plots, in one file."""

import html
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asdcfer.extras import require
from asdcfer.reporting import comparison_plots as plots
from asdcfer.reporting.comparison_files import meaning, table_cells
from asdcfer.reporting.comparison_summary import Summary, column_of, columns_of
from asdcfer.reporting.comparison_verdict import verdict
from asdcfer.reporting.html_page import card, write_page

BARS = ("linear", "robustness", "finetune")
"""Measures that are drawn as bars, where they are known."""

NUMBER = ' class="n"'

ERRORS = (
    "Error bars are the deviation over seeds; of a single seed, the 95 % interval of its test "
    "images."
)


def write_comparison_page(
    out: str | os.PathLike[str],
    summaries: Sequence[Summary],
    shared: Mapping[str, Any],
    title: str,
) -> Path:
    """Write one self-contained HTML page about a comparison; it asks the network for nothing.

    Args:
        out: the page.
        summaries: a row each, in their order.
        shared: what all methods share, name -> value.
        title: of the page.

    Returns:
        Its path.

    Raises:
        MissingPackageError: matplotlib is not installed.
    """
    require("matplotlib", "the page of a comparison")
    parts = [
        card("Who is ahead?", f"<p><b>{html.escape(verdict(summaries))}</b></p>"),
        card("Table", _table(summaries)),
        _pictures(summaries),
        _failures(summaries),
        card("Shared by every method", _facts(shared)),
    ]
    subtitle = (
        "Every method had the same budget, encoder, augmentation, faces and probes. Nothing was "
        "chosen on the test split."
    )
    return write_page(title, subtitle, "\n".join(part for part in parts if part), out)


def _table(summaries: Sequence[Summary]) -> str:
    titles, rows = table_cells(summaries)
    head = "".join(
        f"<th{NUMBER if place else ''}>{html.escape(text)}</th>"
        for place, text in enumerate(titles)
    )
    columns = columns_of(summaries)
    first = len(titles) - 4 - len(columns)
    best = _best_of(summaries, [column.key for column in columns])
    body = ""
    for each, cells in zip(summaries, rows, strict=True):
        marks = [
            " best"
            if 0 <= place - first < len(columns) and (each.name, place - first) in best
            else ""
            for place in range(len(cells))
        ]
        body += "<tr>" + "".join(
            f'<td class="{"n" if place else "label"}{marks[place]}">{html.escape(text)}</td>'
            for place, text in enumerate(cells)
        )
        body += "</tr>"
    notes = [
        f"<b>{html.escape(c.title)}</b>: {html.escape(meaning(c, summaries))}" for c in columns
    ]
    notes += [
        f"<b>{html.escape(each.name)}</b>: {html.escape('; '.join(each.notes))}"
        for each in summaries
        if each.notes and each.rows
    ]
    listed = "".join(f"<li>{note}</li>" for note in notes)
    told = "Accuracies in percent; ± is the deviation over seeds. Bold: best of those trained here."
    return (
        f'<p class="soft">{told}</p><table class="wide"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table><ul class='notes'>{listed}</ul>"
    )


def _best_of(summaries: Sequence[Summary], keys: Sequence[str]) -> set[tuple[str, int]]:
    """Return (name, column) of the highest mean among the trained, where two or more compete."""
    found = set()
    for place, key in enumerate(keys):
        rivals = [each for each in summaries if each.kind == "trained" and key in each.measures]
        if len(rivals) > 1:
            highest = max(each.measures[key].mean for each in rivals)
            found |= {(e.name, place) for e in rivals if e.measures[key].mean == highest}
    return found


def _pictures(summaries: Sequence[Summary]) -> str:
    if not any(each.measures for each in summaries):
        return ""
    pictures = [plots.while_training(summaries), plots.over_minutes(summaries)]
    minutes = _side(pictures)
    known = {key for each in summaries for key in each.measures}
    bars = [plots.probe_bars(summaries, key, column_of(key).title) for key in BARS if key in known]
    spoiled = plots.robustness(summaries)
    return "\n".join(
        [
            card("Accuracy against minutes", f'<p class="soft">{ERRORS}</p>{minutes}'),
            card("Measures", f'<p class="soft">{ERRORS}</p>{_side(bars)}'),
            card("Few labels", few) if (few := plots.few_labels(summaries)) else "",
            card("Robustness", f"{plots.legend_of(summaries)}{spoiled}") if spoiled else "",
        ]
    )


def _side(pictures: Sequence[str]) -> str:
    parts = "".join(f"<div>{picture}</div>" for picture in pictures if picture)
    return f'<div class="side">{parts}</div>'


def _failures(summaries: Sequence[Summary]) -> str:
    lines = [
        f"<li><b>{html.escape(each.name)}</b>, seed {seed}: {html.escape(reason)}</li>"
        for each in summaries
        for seed, reason in each.failures
    ]
    return card("What failed", f"<ul class='notes'>{''.join(lines)}</ul>") if lines else ""


def _facts(shared: Mapping[str, Any]) -> str:
    lines = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>"
        for name, value in shared.items()
    )
    return f"<dl>{lines}</dl>"
