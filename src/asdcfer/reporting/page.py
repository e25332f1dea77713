"""Report: one self-contained HTML page, drawn from the files of finished runs alone."""

import html
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from asdcfer.errors import AsdcferError
from asdcfer.evaluation.result import Result
from asdcfer.extras import require
from asdcfer.reporting import figures, plots
from asdcfer.reporting.console_tables import label_of
from asdcfer.reporting.feature_views import FACES, attention_over, captions, flat, shown_rows
from asdcfer.reporting.first_screen import did_it_learn
from asdcfer.reporting.html_page import card, write_page
from asdcfer.reporting.runs import SECTIONS, Run, read_encoders, read_runs
from asdcfer.reporting.subgroup_views import group_bars
from asdcfer.reporting.tables import (
    comparison_table,
    empty,
    fact_list,
    headline_tiles,
    result_table,
)

Tell = Callable[[str], None]


def write_report(
    runs: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str], tell: Tell | None = None
) -> Path:
    """Write one self-contained HTML page about one or more runs; it asks the network for nothing.

    Args:
        runs: folders of runs. Whatever is missing in one (student, probes, labels, faces) is said
            in its place.
        out: the page.
        tell: told of what is being drawn.

    Returns:
        The path of the page.

    Raises:
        DataError: a folder is missing or is not a run.
        MissingPackageError: matplotlib is not installed.
    """
    require("matplotlib", "a report")
    read = read_runs([Path(path) for path in runs])
    parts = []
    if len(read) > 1:
        parts.append(_comparison(read))
    for run in read:
        if tell:
            tell(f"report: {run.name}")
        parts.append(_run(run))
    title = (
        f"ASDC-FER: {read[0].name}" if len(read) == 1 else f"ASDC-FER: {len(read)} runs compared"
    )
    subtitle = (
        "Accuracies in percent, each with its protocol; intervals are 95 % bootstrap. "
        "Hyper-parameters are never chosen on PrivateTest."
    )
    return write_page(title, subtitle, "\n".join(parts), out)


def _comparison(runs: list[Run]) -> str:
    parts = ["<h2>Comparison</h2>", card("All runs", comparison_table(runs))]
    headlines = [
        (run, color, run.headline)
        for run, color in zip(runs, figures.PALETTE * 4, strict=False)
        if run.headline is not None
    ]
    detailed = [(f"{run.name}, {label_of(best)}", color, best) for run, color, best in headlines]
    same = (
        [
            (name, color, r)
            for name, color, r in detailed
            if r.expressions == detailed[0][2].expressions
        ]
        if detailed
        else []
    )
    if len(same) > 1:
        parts.append(card("Recall of each expression", plots.class_bars(same)))
    series = {
        f"{run.name}, {name}": points
        for run in runs
        for name, points in few_label_points(run.results).items()
    }
    if series:
        parts.append(card("Few labels", plots.fraction_curve(series)))
    return "\n".join(parts)


def _run(run: Run) -> str:
    parts = [f"<h2>{html.escape(run.name)}</h2>"]
    answer = did_it_learn(run)
    parts.append(card("Did it learn?", answer) if answer else headline_tiles(run))
    parts.append(card("Training", _training(run)))
    parts.append(
        card(
            "Results",
            result_table(run.results)
            if run.results
            else empty(
                "No probes have been made.",
                f"asdcfer probe {run.path} --data PACK --out {run.path}/probes",
            ),
        )
    )
    best = run.headline
    if best is not None:
        detail = (
            f'<div class="side"><div>{plots.confusion(best)}</div>'
            f"<div>{plots.class_bars(_beside(run, best))}</div></div>"
        )
        parts.append(
            card(
                "Where it goes wrong",
                f'<p class="soft">{html.escape(str(best.protocol))}</p>{detail}',
            )
        )
    series = few_label_points(run.results)
    if series:
        parts.append(card("Few labels", plots.fraction_curve(series)))
    parts += [
        card(
            result.kind.replace("_", " ").capitalize(),
            f'<p class="soft">{html.escape(str(result.protocol))}, {result.images:,} images</p>'
            f"{_along(result)}",
        )
        for result in run.axes
    ]
    parts.append(_faces(run))
    parts.append(card("The run", fact_list(run)))
    if run.problems:
        parts.append(
            card(
                "Files that could not be used",
                "<ul class='notes'>"
                + "".join(f"<li>{html.escape(line)}</li>" for line in run.problems)
                + "</ul>",
            )
        )
    return "\n".join(parts)


def _along(result: Result) -> str:
    """Return the picture of a result along an axis; a line where it is one number."""
    if result.curves:
        return plots.axis_curves(result.curves)
    if result.groups:
        return group_bars(result.groups)
    low, high = result.interval
    told = f"{100 * result.accuracy:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    return f"<p>accuracy {told} on {html.escape(result.test_set)}</p>"


def _training(run: Run) -> str:
    drawn = plots.training_curves(run.curves) if run.curves else ""
    drawn = drawn and f'<div class="panels">{drawn}</div>'
    lines = []
    for section in SECTIONS:
        health = ((run.record.get("stages") or {}).get(section) or {}).get("health")
        if isinstance(health, dict) and health.get("verdict"):
            lines.append(
                f"<li><b>{section}</b>: {html.escape(str(health['verdict']))}: "
                f"{html.escape('; '.join(map(str, health.get('reasons') or [])))}</li>"
            )
    missing = [s for s in ("teacher", "student") if s not in run.curves and s not in run.weights]
    if drawn and "finetune" not in run.curves and missing:
        lines.append(f"<li>this run has no {' and no '.join(missing)}</li>")
    return (drawn or empty("No training curve is in this folder.", "")) + (
        f"<ul class='notes'>{''.join(lines)}</ul>" if lines else ""
    )


def _beside(run: Run, best: Result) -> list[tuple[str, str, Result]]:
    """Return the best result and, of the same kind and list, those of the other encoders."""
    rivals = [best]
    for other in run.results:
        new = other.encoder not in [r.encoder for r in rivals]
        same = (other.kind, other.test_set, other.expressions) == (
            best.kind,
            best.test_set,
            best.expressions,
        )
        if new and same:
            rivals.append(other)
    names = [r.encoder or r.kind for r in rivals]
    return [
        (name, figures.SECTION_COLORS.get(name, figures.BLUE), r)
        for name, r in zip(names, rivals, strict=True)
    ]


def _faces(run: Run) -> str:
    encoders = read_encoders(run)
    if not encoders:
        return card(
            "Faces",
            empty(
                (
                    "There are no encoder weights in this folder, so features and attention "
                    "cannot be drawn."
                ),
                "",
            ),
        )
    try:
        pack = run.pack()
    except AsdcferError as error:
        return card(
            "Faces",
            empty(
                (
                    "Features and attention need the faces of the run, and they are not there: "
                    f"{error}"
                ),
                "",
            ),
        )
    rows = shown_rows(pack, FACES)
    images = np.asarray(pack.images[rows])
    strips = [
        (name, attention)
        for name, encoder in encoders.items()
        if (attention := attention_over(encoder, images)) is not None
    ]
    parts = []
    if strips:
        only = "" if len(strips) > 1 else f" (this run has weights of the {strips[0][0]} only)"
        note = (
            "Where each encoder responds on the test faces: spatial attention of its last map, "
            f"stretched in each face{only}. Bright is strong."
        )
        parts.append(
            card(
                "Attention",
                f'<p class="soft">{note}</p>'
                + plots.attention_strip(images, captions(pack, rows), strips),
            )
        )
    else:
        parts.append(
            card(
                "Attention",
                empty(
                    "The encoders' maps have a single position, so there is no attention to draw.",
                    "",
                ),
            )
        )
    maps = []
    for name, encoder in encoders.items():
        points, labels, method = flat(encoder, pack)
        maps.append(
            f"<div>{plots.feature_map(points, labels, pack.expressions, f'{name}: {method}')}</div>"
        )
    unlabeled = "" if (pack.labels >= 0).any() else " The faces have no labels."
    note = (
        "Features of faces that the encoders were not trained on, where the pack has some. Labels "
        f"only color the points.{unlabeled}"
    )
    parts.append(
        card(
            "Map of the features",
            f'<p class="soft">{note}</p><div class="side">{"".join(maps)}</div>',
        )
    )
    return "\n".join(parts)


def few_label_points(
    results: Sequence[Result],
) -> dict[str, list[tuple[float, float, float]]]:
    """Return, for each encoder, its accuracy with parts of the labels, on the test split.

    Returns:
        Name -> (labeled images, mean accuracy, deviation over draws) of each part.
    """
    draws: dict[str, dict[float, list[float]]] = {}
    for r in results:
        if r.spread is not None:
            # Means over many draws have rows of their own.
            continue
        if r.labels_used and r.evaluated_on in ("private", "test") and r.twins_removed is None:
            parts = draws.setdefault(r.encoder or "encoder", {})
            parts.setdefault(float(r.labels_used.images), []).append(r.accuracy)
    return {
        name: [
            (x, float(np.mean(y)), float(np.std(y, ddof=1)) if len(y) > 1 else 0.0)
            for x, y in found.items()
        ]
        for name, found in draws.items()
    }
