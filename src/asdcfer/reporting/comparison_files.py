"""Files of a comparison: one table as Markdown, CSV and JSON."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asdcfer.files import atomic_write, write_json
from asdcfer.reporting.comparison_summary import LINEAR, Column, Measure, Summary, columns_of
from asdcfer.reporting.comparison_verdict import verdict

MARKDOWN, CSV, JSON = "table.md", "table.csv", "table.json"

FACTS = {
    "parameters": "parameters",
    "steps": "steps",
    "images_per_second": "images/s",
    "minutes": "minutes",
}
"""What is known of a training -> title of its column."""

OF_TIME = ("images_per_second", "minutes")
"""Those that say nothing where a machine did other work meanwhile."""


def write_tables(
    folder: Path, summaries: Sequence[Summary], shared: Mapping[str, Any], title: str
) -> None:
    """Write the table in three forms, each whole or not at all.

    Args:
        folder: gets table.md, table.csv and table.json.
        summaries: a row each, in their order.
        shared: what all methods share, name -> value.
        title: of the comparison.
    """
    for name, text in (
        (MARKDOWN, as_markdown(summaries, shared, title)),
        (CSV, as_csv(summaries)),
    ):
        with atomic_write(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")
    write_json(folder / JSON, as_tree(summaries, shared, title))


def table_cells(
    summaries: Sequence[Summary], times: bool = True
) -> tuple[list[str], list[list[str]]]:
    """Return the titles of the columns, and the cells of every contestant, as they are printed.

    Args:
        summaries: a row each, in their order.
        times: tell what training took in minutes; false where the machine did other work meanwhile.
    """
    facts = [name for name in FACTS if times or name not in OF_TIME]
    columns = columns_of(summaries)
    several = any(len(each.rows) > 1 for each in summaries)
    titles = ["method", *(["seeds"] if several else []), *(c.title for c in columns)]
    titles += [FACTS[name] for name in facts]
    rows = []
    for each in summaries:
        cells = [each.name, *([str(len(each.rows))] if several else [])]
        cells += [cell(each.measures.get(column.key)) for column in columns]
        rows.append([*cells, *(fact_cell(each, name) for name in facts)])
    return titles, rows


def cell(measure: Measure | None) -> str:
    """Return an accuracy in percent as a cell, with its deviation over seeds.

    Example:
        >>> cell(Measure(0.5, 0.012, 3, None, {})), cell(None)
        ('50.0 ± 1.2', '–')
    """
    if measure is None:
        return "–"
    spread = "" if measure.deviation is None else f" ± {100 * measure.deviation:.1f}"
    return f"{100 * measure.mean:.1f}{spread}"


def fact_cell(summary: Summary, name: str) -> str:
    """Return the cell of one of `FACTS`."""
    if name == "parameters":
        count = summary.parameters
        return "–" if count is None else f"{count / 1e6:.2f} M"
    value = summary.fact(name)
    if name == "minutes":
        return "–" if value is None else f"{value:.1f}"
    return f"{value:,.0f}" if value else "–"


def as_markdown(
    summaries: Sequence[Summary], shared: Mapping[str, Any], title: str, times: bool = True
) -> str:
    """Return the table with its verdict, what is shared, what each column means, and notes.

    Args:
        summaries: a row each, in their order.
        shared: what all methods share, name -> value.
        title: of the comparison.
        times: as of `table_cells`.
    """
    titles, rows = table_cells(summaries, times)
    lines = [f"# {title}", "", verdict(summaries), ""]
    lines += [_line(titles), _line(["---", *["---:"] * (len(titles) - 1)]), *map(_line, rows), ""]
    lines += ["Accuracies in percent; ± is the deviation over seeds.", ""]
    lines += [f"* {column.title}: {meaning(column, summaries)}" for column in columns_of(summaries)]
    noted = [f"* {each.name}: {'; '.join(each.notes)}" for each in summaries if each.notes]
    lines += ["", *noted, "", "Shared by every method:", ""]
    lines += [f"* {name}: {value}" for name, value in shared.items()]
    return "\n".join(lines) + "\n"


WIDTHS = (LINEAR, "linear_global", "linear_flattened")
"""Measures beside which the width of their feature is said; the others share that of the first."""


def meaning(column: Column, summaries: Sequence[Summary]) -> str:
    """Return what a column says, with the width of its feature."""
    if column.key not in WIDTHS:
        return column.meaning
    trained = [each for each in summaries if each.kind == "trained"] or list(summaries)
    dims = {each.dims(column.key) for each in trained} - {None}
    if len(dims) != 1:
        return column.meaning
    width = dims.pop()
    others = {each.dims(column.key) for each in summaries} - {None, width}
    more = f"; {', '.join(f'{o:,}' for o in sorted(others, key=str))} of others" if others else ""
    return f"{column.meaning} ({width:,} dimensions{more})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(text.replace('|', '/') for text in cells)} |"


def as_csv(summaries: Sequence[Summary]) -> str:
    """Return one line a contestant: mean and deviation of every measure, 0..1, and the facts."""
    columns = columns_of(summaries)
    head = ["method", "kind", "seeds"]
    head += [f"{column.key}{end}" for column in columns for end in ("", "_deviation")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*head, *FACTS, "teacher_minutes", "notes"])
    for each in summaries:
        row: list[Any] = [each.name, each.kind, len(each.rows)]
        for column in columns:
            found = each.measures.get(column.key)
            both = (None, None) if found is None else (found.mean, found.deviation)
            row += [*map(_number, both)]
        facts = [each.fact(name) for name in (*list(FACTS)[1:], "teacher_minutes")]
        writer.writerow([*row, each.parameters, *map(_number, facts), "; ".join(each.notes)])
    return text.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def as_tree(summaries: Sequence[Summary], shared: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return the table as plain values: every seed, means, deviations, intervals, widths."""
    return {
        "title": title,
        "verdict": verdict(summaries),
        "shared": dict(shared),
        "columns": {column.key: column.meaning for column in columns_of(summaries)},
        "rows": [_tree_of(each) for each in summaries],
    }


def _tree_of(summary: Summary) -> dict[str, Any]:
    return {
        "name": summary.name,
        "kind": summary.kind,
        "seeds": [row.seed for row in summary.rows],
        "measures": {
            key: {
                "mean": found.mean,
                "deviation": found.deviation,
                "interval": found.interval,
                "values": {str(seed): value for seed, value in found.values.items()},
                "dimensions": summary.dims(key),
            }
            for key, found in summary.measures.items()
        },
        "parameters": summary.parameters,
        **{name: summary.fact(name) for name in (*list(FACTS)[1:], "teacher_minutes")},
        "notes": summary.notes,
        "failures": [{"seed": seed, "reason": reason} for seed, reason in summary.failures],
    }
