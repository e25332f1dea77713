"""Timelines of videos' scores, one panel a face."""

import functools
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.errors import InputError
from asdcfer.extras import require
from asdcfer.files import atomic_write
from asdcfer.predict.columns import score_columns
from asdcfer.predict.journal import Journal, legible
from asdcfer.predict.output_paths import timeline_path
from asdcfer.predict.thinning import Thinned
from asdcfer.recognition.palette import looks

MOST_FACES = 6
"""Panels drawn: of the faces seen in the most frames."""


def check_can_draw(path: str | os.PathLike[str]) -> None:
    """Raise InputError unless the drawing package is there and knows the format of a suffix."""
    require("matplotlib", "a timeline", "leave `plot` away")
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    formats = FigureCanvasAgg.get_supported_filetypes()
    if Path(path).suffix.lower().removeprefix(".") not in formats:
        raise InputError(
            f"cannot draw {path}: a timeline ends in "
            f"{', '.join(f'.{name}' for name in sorted(formats))}"
        )


def write_timeline(
    path: str | os.PathLike[str],
    rows: Callable[[], Iterable[dict[str, Any]]],
    expressions: Sequence[str],
    title: str = "",
) -> None:
    """Draw the scores of one video over time.

    Args:
        path: of the picture; its suffix chooses the format (.png, .svg, .pdf).
        rows: gives the rows of that video from the beginning, each time it is called; they are read
            twice and never held.
        expressions: names of the scores.
        title: above the plot.

    Raises:
        InputError: no face in any row, or a suffix that cannot be drawn.
    """
    counts: Counter[int] = Counter()
    last = 0.0
    for row in rows():
        last = max(last, row.get("time") or 0.0)
        if row.get("face") is not None:
            counts[row["face"]] += 1
    if not counts:
        raise InputError("no face in this video: there is nothing to plot")
    shown = sorted(face for face, _ in counts.most_common(MOST_FACES))
    series = {face: Thinned(0.0, last, max(counts.values()), len(expressions)) for face in shown}
    columns = tuple(score_columns(expressions).values())
    for row in rows():
        if row.get("face") in series:
            values = np.array([[row[name] for name in columns]], float)
            series[row["face"]].add(np.array([row["time"]]), values)
    _draw(path, series, counts, expressions, title)


def _draw(
    path: str | os.PathLike[str],
    series: dict[int, Thinned],
    counts: Counter[int],
    expressions: Sequence[str],
    title: str,
) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 1.2 + 1.9 * len(series)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(series), 1, sharex=True, squeeze=False)[:, 0]
    drawn = looks(expressions)
    for panel, (face, thinned) in zip(panels, series.items(), strict=True):
        times, values = thinned.times, thinned.means
        for number, name in enumerate(expressions):
            panel.plot(
                times,
                values[:, number],
                color=drawn[name].light,
                linestyle=(0, drawn[name].dash) if drawn[name].dash else "-",
                linewidth=1.4,
                label=name,
            )
        panel.set_ylim(0, 1)
        panel.set_ylabel(f"face {face}")
        panel.grid(alpha=0.25)
    panels[-1].set_xlabel("time, seconds")
    more = len(counts) - len(series)
    note = f" ({more} more faces not shown)" if more > 0 else ""
    if heading := (title + note).strip():
        figure.suptitle(heading, fontsize=10)
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(expressions),
        frameon=False,
        fontsize=9,
    )
    try:
        with atomic_write(path) as temporary, warnings.catch_warnings():
            # A file's name may hold letters that the font has not; they are drawn as boxes.
            warnings.filterwarnings("ignore", message="Glyph ")
            figure.savefig(temporary, dpi=110)
    except ValueError as error:
        raise InputError(f"cannot draw {path}: {error}") from error


def write_timelines(
    plot: Path, journal: Journal, expressions: Sequence[str], message: Callable[[str], None]
) -> None:
    """Write the timeline of each video in the journal.

    Args:
        plot: the file; of several videos each has a number and the video's name in its own.
        journal: the rows.
        expressions: the scores to draw.
        message: takes a line about a video without a face, which is not drawn, and one that says
            where those of several videos are.

    Raises:
        InputError: there is no video with frames.
    """
    videos = sorted(journal.videos)
    if not videos:
        raise InputError(
            "`plot` draws the timeline of a video, and no video with frames was among the inputs"
        )
    drawn: list[Path] = []
    for number, video in enumerate(videos):
        target = timeline_path(plot, Path(video), number if len(videos) > 1 else None)
        try:
            write_timeline(
                target,
                functools.partial(_rows_of, journal, video),
                expressions,
                legible(Path(video).name),
            )
        except InputError as error:
            message(f"asdcfer: {video}: {error}")
        else:
            drawn.append(target)
    if len(videos) > 1 and drawn:
        more = f" and {len(drawn) - 1:,} more, one a video" if len(drawn) > 1 else ""
        message(f"timelines: {legible(str(drawn[0]))}{more}")


def _rows_of(journal: Journal, file: str) -> Iterator[dict[str, Any]]:
    return (row for row in journal.rows() if row["file"] == file)
