"""Accuracy of groups of people: as bars on a page, and as lines on the console."""

from collections.abc import Mapping

from rich.table import Table

from asdcfer.console import table_console
from asdcfer.evaluation.result import GroupScore, Result
from asdcfer.evaluation.subgroups import gap
from asdcfer.reporting import figures

SHOWN = 24
"""Groups that are drawn; of more, the lowest and the highest."""


def group_bars(groups: Mapping[str, GroupScore]) -> str:
    """Draw the accuracy of each group with its 95 % interval, the lowest first.

    Of many groups the lowest and the highest are drawn.
    """
    shown = shown_groups(groups)
    with figures.draw_figure(4.6, 1.0 + 0.32 * len(shown)) as (figure, (axis,)):
        for place, group in enumerate(shown.values()):
            value, (low, high) = 100 * group.accuracy, group.interval
            axis.barh(place, value, 0.66, color=figures.BLUE)
            axis.plot([100 * low, 100 * high], [place, place], color="#222222", lw=1.4)
            axis.text(max(100 * high, value) + 1.2, place, f"{value:.0f}", va="center", fontsize=9)
        names = [f"{name} ({group.images:,})" for name, group in shown.items()]
        axis.set_yticks(range(len(shown)), names)
        axis.invert_yaxis()
        axis.set_xlim(0, 112)
        axis.grid(axis="y", visible=False)
        axis.set_xlabel("accuracy, %; the line is the 95 % interval")
        return figures.image(figure, f"accuracy of {len(shown)} groups")


def shown_groups(groups: Mapping[str, GroupScore]) -> dict[str, GroupScore]:
    """Return the groups that are drawn: all, or as many of the lowest as of the highest.

    Example:
        >>> score = GroupScore(images=9, accuracy=0.5, interval=(0.2, 0.8))
        >>> len(shown_groups({str(i): score for i in range(100)}))
        24
    """
    found = list(groups.items())
    if len(found) <= SHOWN:
        return dict(found)
    half = SHOWN // 2
    return dict([*found[:half], *found[-half:]])


def print_groups(result: Result) -> None:
    """Print the accuracy of each group of a result, the lowest first."""
    groups = result.groups or {}
    apart = f"lowest and highest {100 * gap(groups):.1f} points apart"
    table = Table(
        title=f"{result.kind}: accuracy, {result.test_set}, {result.images:,} images, {apart}",
        title_justify="left",
    )
    for name in ("group", "images", "accuracy", "95 %"):
        table.add_column(name, justify="left" if name == "group" else "right")
    for name, group in groups.items():
        low, high = group.interval
        table.add_row(
            name,
            f"{group.images:,}",
            f"{100 * group.accuracy:.1f}",
            f"{100 * low:.1f}–{100 * high:.1f}",
        )
    table_console(140).print(table)
