"""Plots of a comparison; contestants differ in color and in marker, for every kind of eye."""

import math
import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from asdcfer.reporting.comparison_summary import LINEAR, Measure, Summary, label_part, mean_curves
from asdcfer.reporting.figures import MARKERS, PALETTE, draw_figure, image, mark_counts

GRAY = "#666666"
STYLES = ("-", "--", ":", "-.")
WIDTH, HEIGHT, LINE = 4.3, 2.7, 0.2
"""Inches, of a picture without its legend, and of a line of that: what a phone shows without
shrinking letters much.
"""


class Look(NamedTuple):
    """How a contestant is drawn."""

    color: str
    marker: str
    style: str


def looks(summaries: Sequence[Summary]) -> dict[str, Look]:
    """Return name -> look: no two trained contestants share color, marker and line.

    Those for orientation are gray.
    """
    trained = [each.name for each in summaries if each.kind == "trained"]
    found = {
        name: Look(
            PALETTE[i % len(PALETTE)],
            MARKERS[(i + i // len(PALETTE)) % len(MARKERS)],
            STYLES[(i // len(PALETTE)) % len(STYLES)],
        )
        for i, name in enumerate(trained)
    }
    others = [each.name for each in summaries if each.kind in ("untrained", "as it is")]
    return found | {
        name: Look(GRAY, MARKERS[-1 - i % len(MARKERS)], STYLES[1 + i % 3])
        for i, name in enumerate(others)
    }


def while_training(summaries: Sequence[Summary]) -> str:
    """Draw the accuracy of the online kNN over minutes of training, mean and deviation over seeds.

    "" where nobody measured one.
    """
    series = [(each, points) for each in summaries if (points := mean_curve(each))]
    if not series:
        return ""
    look = looks(summaries)
    columns, height = _legend_shape([each.name for each, _ in series])
    with draw_figure(WIDTH, HEIGHT + height) as (figure, (axis,)):
        for each, points in series:
            minutes, mean, spread = np.array(points).T
            color, marker, style = look[each.name]
            axis.plot(
                minutes, 100 * mean, style, color=color, marker=marker, ms=4.5, label=each.name
            )
            low, high = 100 * (mean - spread), 100 * (mean + spread)
            axis.fill_between(minutes, low, high, color=color, alpha=0.15, lw=0)
        axis.set_xlim(left=0)
        axis.set_xlabel("minutes of training")
        axis.set_ylabel("online kNN, %")
        axis.set_title("while training, on the validation split", loc="left")
        _legend(figure, columns)
        return image(figure, "accuracy of the online kNN over minutes of training")


def mean_curve(summary: Summary) -> list[tuple[float, float, float]]:
    """Return (minutes, mean accuracy, deviation) at each measurement that every seed has."""
    curves = [row.training.curve for row in summary.rows if row.training and row.training.curve]
    if not curves:
        return []
    return [
        (
            statistics.fmean(minutes for minutes, _ in points),
            statistics.fmean(accuracy for _, accuracy in points),
            statistics.stdev(accuracy for _, accuracy in points) if len(points) > 1 else 0.0,
        )
        for points in zip(*curves, strict=False)
    ]


def over_minutes(summaries: Sequence[Summary]) -> str:
    """Draw the linear probe over the minutes that training took, with error bars.

    Those for orientation are lines across.
    """
    look = looks(summaries)
    shown = [each for each in summaries if LINEAR in each.measures]
    columns, height = _legend_shape([each.name for each in shown])
    with draw_figure(WIDTH, HEIGHT + height) as (figure, (axis,)):
        for each in shown:
            measure, minutes = each.measures[LINEAR], each.fact("minutes")
            color, marker, style = look[each.name]
            if minutes is None:
                axis.axhline(100 * measure.mean, color=color, ls=style, lw=1.3, label=each.name)
                continue
            axis.errorbar(
                minutes,
                100 * measure.mean,
                reach(measure),
                color=color,
                marker=marker,
                ms=7,
                capsize=3,
                ls="none",
                label=each.name,
            )
        axis.margins(x=0.15)
        axis.set_xlim(left=0)
        axis.set_xlabel("minutes of training")
        axis.set_ylabel("linear probe, test, %")
        axis.set_title("after training", loc="left")
        _legend(figure, columns)
        return image(figure, "accuracy of the linear probe over minutes of training")


def reach(measure: Measure) -> Any:
    """Return an error bar in percent: the deviation over seeds, else the 95 % interval.

    Returns:
        (2,1), below and above; None where neither is known.
    """
    if measure.deviation is not None:
        return 100 * np.full((2, 1), measure.deviation)
    if measure.interval is None:
        return None
    low, high = measure.interval
    return 100 * np.array([[measure.mean - low], [high - measure.mean]])


def probe_bars(summaries: Sequence[Summary], key: str, title: str) -> str:
    """Draw a measure as bars, the single seeds as dots, and the error bar of `reach`."""
    shown = [each for each in summaries if key in each.measures]
    look = looks(summaries)
    with draw_figure(WIDTH, 0.9 + 0.3 * len(shown)) as (figure, (axis,)):
        ends = []
        for place, each in enumerate(shown):
            measure = each.measures[key]
            value, error = 100 * measure.mean, reach(measure)
            axis.barh(place, value, 0.66, color=look[each.name].color, alpha=0.75)
            end = value
            if error is not None:
                axis.errorbar(value, place, xerr=error, color="#222222", lw=1.4, capsize=3)
                end += float(error[1, 0])
            if measure.seeds > 1:
                seeds = [100 * found for found in measure.values.values()]
                axis.plot(seeds, [place] * len(seeds), ".", color="#222222", ms=4)
                end = max([end, *seeds])
            axis.text(end + 1, place, f"{value:.1f}", va="center", fontsize=9)
            ends.append(end)
        axis.set_yticks(range(len(shown)), [each.name for each in shown])
        axis.invert_yaxis()
        axis.set_xlim(0, min(112.0, max(ends) * 1.18))
        axis.grid(axis="y", visible=False)
        axis.set_xlabel("accuracy, %")
        axis.set_title(title, loc="left")
        return image(figure, f"{title} of each contestant as bars")


def few_labels(summaries: Sequence[Summary]) -> str:
    """Draw the linear probe over the number of labels, mean and deviation over seeds.

    "" where nobody was measured with a part of the labels.
    """
    series = {each.name: points for each in summaries if (points := label_points(each))}
    if not series:
        return ""
    look = looks(summaries)
    columns, height = _legend_shape(list(series))
    with draw_figure(WIDTH, HEIGHT + height) as (figure, (axis,)):
        for name, points in series.items():
            images, mean, spread = np.array(points).T
            color, marker, style = look[name]
            axis.errorbar(
                images,
                100 * mean,
                100 * spread,
                color=color,
                marker=marker,
                ls=style,
                ms=4.5,
                lw=1.5,
                capsize=2.5,
                label=name,
            )
        mark_counts(axis, {images for points in series.values() for images, *_ in points})
        axis.set_xlabel("labeled training faces")
        axis.set_ylabel("linear probe, test, %")
        axis.set_title("few labels", loc="left")
        _legend(figure, columns)
        return image(figure, "accuracy of the linear probe over the number of labels")


def label_points(summary: Summary) -> list[tuple[float, float, float]]:
    """Return (labels, mean accuracy, deviation over seeds) of each part, and of all labels."""
    images: dict[str, int] = {}
    for row in summary.rows:
        for result in row.results:
            if result.labels_used is not None and (part := label_part(result)):
                images[part] = result.labels_used.images
    if not images:
        return []
    whole = next(r.training_images for r in summary.rows[0].results if r.kind == LINEAR)
    images[LINEAR] = whole or 0
    points = [
        (float(count), summary.measures[key].mean, summary.measures[key].deviation or 0.0)
        for key, count in images.items()
        if key in summary.measures
    ]
    return sorted(points)


def robustness(summaries: Sequence[Summary]) -> str:
    """Draw accuracy under each corruption, a small picture each, a line a contestant.

    "" where nobody was measured.
    """
    curves = {each.name: found for each in summaries if (found := mean_curves(each.rows))}
    if not curves:
        return ""
    look = looks(summaries)
    parts = []
    for kind in next(iter(curves.values())):
        with draw_figure(2.7, 2.6) as (figure, (axis,)):
            for name, found in curves.items():
                color, marker, style = look[name]
                accuracy = 100 * np.array(found[kind].accuracy)
                axis.plot(found[kind].levels, accuracy, style, color=color, marker=marker, ms=3.5)
            first = next(iter(curves.values()))[kind]
            if first.levels[0] > first.levels[-1]:
                axis.invert_xaxis()
            axis.set_ylim(bottom=0)
            axis.set_title(kind.replace("_", " "), loc="left")
            axis.set_xlabel(first.unit, fontsize=8.5)
            parts.append(f"<div>{image(figure, f'accuracy of each contestant under {kind}')}</div>")
    return f'<div class="panels">{"".join(parts)}</div>'


def legend_of(summaries: Sequence[Summary]) -> str:
    """Draw the looks of all contestants alone, for pictures without a legend of their own."""
    look = looks(summaries)
    with draw_figure(WIDTH, 0.25 + 0.22 * ((len(look) + 1) // 2)) as (figure, (axis,)):
        axis.set_axis_off()
        for name, (color, marker, style) in look.items():
            axis.plot([], [], style, color=color, marker=marker, ms=5, label=name)
        axis.legend(frameon=False, ncols=2, loc="center", fontsize=9)
        return image(figure, "colors and markers of the contestants")


def _legend_shape(names: Sequence[str]) -> tuple[int, float]:
    """Return how many columns a legend of names has, and its height in inches."""
    longest = max(map(len, names), default=0)
    columns = 1 if longest > 24 else 2 if longest > 12 or len(names) < 5 else 3
    return columns, LINE * math.ceil(len(names) / columns)


def _legend(figure: Any, columns: int) -> None:
    figure.legend(frameon=False, loc="outside lower center", ncols=columns, fontsize=8.5)
