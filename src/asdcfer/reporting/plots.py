"""Plots of a report, each an <img> with its picture inside."""

from collections.abc import Mapping, Sequence

import numpy as np

from asdcfer.evaluation.result import Curve, Result
from asdcfer.reporting.figures import (
    BLUE,
    MARKERS,
    PALETTE,
    SECTION_COLORS,
    STYLE,
    draw_figure,
    image,
    mark_counts,
)


def training_curves(curves: dict[str, dict[str, np.ndarray]]) -> str:
    """Draw the loss and what was measured of health, one picture each, one line a section."""
    wanted = [
        ("loss", "loss"),
        ("knn_online", "online kNN accuracy, %"),
        ("explained_held_out", "teacher explained on faces held out"),
        ("accuracy", "accuracy on the validation split, %"),
        ("effective_rank", "effective rank"),
        ("feature_spread", "feature spread"),
    ]
    panels = [
        (key, title)
        for key, title in wanted
        if any(key in c and np.isfinite(c[key]).any() for c in curves.values())
    ]
    if not panels:
        return ""
    panels = panels[:5]
    last = max(
        (
            float(np.nanmax(c["epoch"]))
            for c in curves.values()
            if "epoch" in c and np.isfinite(c["epoch"]).any()
        ),
        default=0.0,
    )
    return "".join(
        f"<div>{_training_panel(curves, key, title, last)}</div>" for key, title in panels
    )


def _training_panel(
    curves: dict[str, dict[str, np.ndarray]], key: str, title: str, last: float
) -> str:
    """Draw one column of the sections' metrics over epochs."""
    with draw_figure(3.6, 2.9) as (figure, (axis,)):
        for section, columns in curves.items():
            if key not in columns:
                continue
            known = np.isfinite(columns[key])
            x = columns.get("epoch", columns.get("step", np.arange(len(known))))[known]
            y = columns[key][known] * (100 if key in ("knn_online", "accuracy") else 1)
            axis.plot(
                x,
                y,
                color=SECTION_COLORS[section],
                label=section,
                lw=1.8,
                marker="o" if known.sum() < 25 else None,
                ms=3.5,
            )
        axis.set_title(title, loc="left")
        axis.set_xlabel("epoch")
        if last > 0:
            axis.set_xlim(0, last * 1.03)
        if key != "loss":
            axis.set_ylim(min(0, axis.dataLim.y0), 1.08 * max(axis.dataLim.y1, 1e-6))
        axis.legend(frameon=False)
        return image(figure, f"training curve: {title}")


def accuracy_bars(title: str, bars: Sequence[tuple[str, str, Result]]) -> str:
    """Draw accuracies as bars with their 95 % intervals.

    Args:
        title: of the panel.
        bars: (name, color, result) of each.
    """
    with draw_figure(4.6, 1.0 + 0.42 * len(bars)) as (figure, (axis,)):
        for place, (_, color, result) in enumerate(bars):
            low, high = (100 * end for end in result.interval)
            value = 100 * result.accuracy
            axis.barh(place, value, 0.66, color=color)
            axis.plot([low, high], [place, place], color="#222222", lw=1.6)
            axis.text(max(high, value) + 1.2, place, f"{value:.1f}", va="center")
        axis.set_yticks(range(len(bars)), [name for name, *_ in bars])
        axis.invert_yaxis()
        axis.set_xlim(0, min(112, 12 + max(100 * r.interval[1] for *_, r in bars)))
        axis.grid(axis="y", visible=False)
        axis.set_xlabel("accuracy, %; the line is the 95 % interval")
        axis.set_title(title, loc="left")
        return image(figure, f"accuracy of each encoder, {title}")


def confusion(result: Result) -> str:
    """Draw a confusion matrix in percent of each true expression, with the counts of its rows."""
    table = np.asarray(result.confusion, float)
    names = result.expressions
    totals = table.sum(1, keepdims=True)
    share = np.divide(100 * table, totals, out=np.zeros_like(table), where=totals > 0)
    side = 1.6 + 0.52 * len(names)
    with draw_figure(side + 0.9, side) as (figure, (axis,)):
        axis.grid(False)
        axis.imshow(share, cmap="Blues", vmin=0, vmax=100)
        for i, j in np.ndindex(*share.shape):
            text = f"{share[i, j]:.0f}" if totals[i, 0] else "–"
            axis.text(
                j,
                i,
                text,
                ha="center",
                va="center",
                color="white" if share[i, j] > 55 else "#222222",
                fontsize=9.5,
            )
        axis.set_xticks(range(len(names)), names, rotation=40, ha="right")
        axis.set_yticks(
            range(len(names)),
            [f"{name} ({int(n)})" for name, n in zip(names, totals[:, 0], strict=True)],
        )
        axis.set_xlabel("recognized as")
        axis.set_ylabel("true (images)")
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
        axis.set_title("confusion, % of each row", loc="left")
        return image(figure, f"confusion matrix of {len(names)} expressions, percent of each row")


def class_bars(results: Sequence[tuple[str, str, Result]]) -> str:
    """Draw the recall of every expression for one or more results: (name, color, result)."""
    names = results[0][2].expressions
    height = 0.8 / len(results)
    with draw_figure(5.4, 1.4 + (0.30 + 0.13 * len(results)) * len(names)) as (figure, (axis,)):
        for index, (name, color, result) in enumerate(results):
            values = [100 * (result.per_class_recall.get(expression) or 0) for expression in names]
            places = np.arange(len(names)) + (index - (len(results) - 1) / 2) * height
            axis.barh(places, values, height * 0.9, color=color, label=name)
            for place, value, expression in zip(places, values, names, strict=True):
                known = result.per_class_recall.get(expression) is not None
                axis.text(
                    value + 1,
                    place,
                    f"{value:.0f}" if known else "no images",
                    va="center",
                    fontsize=9 if len(results) < 3 else 7.5,
                )
        axis.set_yticks(range(len(names)), names)
        axis.invert_yaxis()
        axis.set_xlim(0, 108)
        axis.grid(axis="y", visible=False)
        axis.set_xlabel("recall, %")
        axis.set_title("recall of each expression", loc="left")
        if len(results) > 1:
            figure.legend(
                frameon=False,
                loc="outside lower left",
                ncols=1 if max(len(name) for name, *_ in results) > 14 else min(3, len(results)),
            )
        return image(figure, "recall of each expression as bars")


def fraction_curve(series: dict[str, list[tuple[float, float, float]]]) -> str:
    """Draw accuracy over labeled images: name -> [(images, mean accuracy, deviation)]."""
    with draw_figure(5.4, 3.2) as (figure, (axis,)):
        for (name, points), color, marker in zip(
            series.items(), PALETTE * 3, MARKERS * 3, strict=False
        ):
            x, y, spread = np.array(sorted(points)).T
            axis.errorbar(
                x,
                100 * y,
                100 * spread,
                color=color,
                marker=marker,
                ms=5,
                lw=1.8,
                capsize=3,
                label=name,
            )
        mark_counts(axis, {x for points in series.values() for x, *_ in points})
        axis.set_xlabel("labeled training images")
        axis.set_ylabel("accuracy, %")
        axis.set_title("linear probe with few labels", loc="left")
        if len(series) > 1:
            axis.legend(frameon=False)
        return image(figure, "accuracy of the linear probe over the number of labels")


def axis_curves(curves: Mapping[str, Curve]) -> str:
    """Draw the accuracy of a model along each curve of an axis, a small picture each."""
    return f'<div class="panels">{"".join(map(_axis_curve, curves, curves.values()))}</div>'


def _axis_curve(name: str, curve: Curve) -> str:
    """Draw one curve."""
    with draw_figure(2.6, 2.5) as (figure, (axis,)):
        axis.plot(
            curve.levels, 100 * np.array(curve.accuracy), color=BLUE, marker="o", ms=4, lw=1.8
        )
        axis.set_ylim(0, 100)
        axis.set_title(name.replace("_", " "), loc="left")
        axis.set_xlabel(curve.unit, fontsize=8.5)
        axis.set_ylabel("accuracy, %")
        if curve.levels[0] > curve.levels[-1]:
            axis.invert_xaxis()
        return f"<div>{image(figure, f'accuracy under {name}')}</div>"


def feature_map(points: np.ndarray, labels: np.ndarray, names: Sequence[str], method: str) -> str:
    """Draw features in two dimensions, colored and marked by expression where that is known."""
    with draw_figure(6.2, 4.6) as (figure, (axis,)):
        axis.grid(False)
        if (labels < 0).all():
            axis.scatter(*points.T, s=14, color="#555555", alpha=0.6, linewidths=0)
        for index, name in enumerate(names):
            chosen = labels == index
            if chosen.any():
                axis.scatter(
                    *points[chosen].T,
                    s=24,
                    color=PALETTE[index % len(PALETTE)],
                    marker=MARKERS[index % len(MARKERS)],
                    alpha=0.75,
                    linewidths=0,
                    label=name,
                )
        axis.set_xticks([])
        axis.set_yticks([])
        axis.spines[:].set_visible(False)
        if (labels >= 0).any():
            figure.legend(frameon=False, loc="outside right center", markerscale=1.7)
        axis.set_title(method, loc="left")
        return image(figure, f"map of the features in two dimensions by {method}", "png")


def attention_strip(
    faces: np.ndarray, captions: Sequence[str], rows: Sequence[tuple[str, np.ndarray]]
) -> str:
    """Draw faces, and below them the same faces under each attention.

    Args:
        faces: uint8 (N,H,W) or (N,H,W,3).
        captions: of the N faces.
        rows: (name, attention float (N,H,W) with 0..1 in each image).
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    count = len(faces)
    with matplotlib.rc_context(STYLE):
        figure = Figure(
            figsize=(1.12 * count + 0.9, 1.2 * (1 + len(rows)) + 0.25), layout="constrained"
        )
        axes = figure.subplots(1 + len(rows), count, squeeze=False)
        layout = figure.get_layout_engine()
        assert isinstance(layout, ConstrainedLayoutEngine)
        layout.set(w_pad=0.02, h_pad=0.02, wspace=0.02, hspace=0.02)
        for column in range(count):
            for row in range(1 + len(rows)):
                axis = axes[row, column]
                axis.grid(False)
                axis.set_xticks([])
                axis.set_yticks([])
                axis.spines[:].set_visible(False)
                axis.imshow(faces[column], cmap="gray", vmin=0, vmax=255, interpolation="bilinear")
                if row:
                    axis.imshow(
                        rows[row - 1][1][column],
                        cmap="inferno",
                        vmin=0,
                        vmax=1,
                        alpha=0.55,
                        interpolation="bilinear",
                    )
            axes[0, column].set_title(captions[column], fontsize=9.5)
        for row, name in enumerate(["face", *(name for name, _ in rows)]):
            axes[row, 0].set_ylabel(name, fontsize=9.5)
        return image(
            figure, "faces, and the attention of " + " and ".join(name for name, _ in rows), "png"
        )
