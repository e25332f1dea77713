"""Figures in the style of the reports; colors stay apart for every kind of color vision."""

import base64
import html
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, RED = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#B8A900",
    "#56B4E9",
    "#D55E00",
)
PALETTE = (BLUE, RED, GREEN, PINK, ORANGE, SKY, YELLOW, "#000000")
"""Okabe and Ito's colors, their yellow darkened so that it can be read on white."""
SECTION_COLORS = {
    "teacher": BLUE,
    "student": RED,
    "baseline": ORANGE,
    "finetune": GREEN,
    "random": "#777777",
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.edgecolor": "#555555",
    "figure.dpi": 100,
    "svg.hashsalt": "asdcfer",
    "axes.axisbelow": True,
}


@contextmanager
def draw_figure(width: float, height: float, columns: int = 1) -> Iterator[tuple[Any, list[Any]]]:
    """Give a figure and its axes in the report's style; matplotlib's global state stays alone."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(1, columns, squeeze=False)[0]
        yield figure, list(axes)


def image(figure: Any, description: str, kind: str = "svg") -> str:
    """Return a figure as an <img> that needs no other file.

    Inside `draw_figure` the same figure gives the same bytes.

    Args:
        figure: of matplotlib.
        description: for those who cannot see it.
        kind: "svg" for lines, "png" for many points or pictures.
    """
    buffer = io.BytesIO()
    options = {"metadata": {"Date": None}} if kind == "svg" else {"dpi": 150}
    figure.savefig(buffer, format=kind, facecolor="white", **options)
    mime = "image/svg+xml" if kind == "svg" else "image/png"
    words, data = html.escape(description, quote=True), base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{words}" src="data:{mime};base64,{data}">'


def mark_counts(axis: Any, counts: Iterable[float]) -> None:
    """Give an axis a logarithmic scale with a tick at each count, and none between."""
    ticks = sorted(set(counts))
    axis.set_xscale("log")
    axis.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    axis.minorticks_off()
