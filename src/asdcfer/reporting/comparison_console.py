"""Comparison on standard output: the verdict, the table, and the notes."""

from collections.abc import Sequence

from rich.table import Table

from asdcfer.console import table_console
from asdcfer.reporting.comparison_files import table_cells
from asdcfer.reporting.comparison_summary import Summary
from asdcfer.reporting.comparison_verdict import verdict


def print_summaries(summaries: Sequence[Summary], title: str) -> None:
    """Print a comparison: accuracies in percent, mean and deviation over seeds."""
    titles, rows = table_cells(summaries)
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(titles):
        table.add_column(name, justify="right" if place else "left", no_wrap=not place)
    for cells in rows:
        table.add_row(*cells)
    console = table_console(200)
    console.print(table)
    told = [verdict(summaries)]
    told += [f"{each.name}: {'; '.join(each.notes)}" for each in summaries if each.notes]
    for line in told:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
