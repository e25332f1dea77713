"""Tables of results on standard output."""

from collections.abc import Sequence

from rich.table import Table

from asdcfer.console import table_console
from asdcfer.evaluation.result import Result


def print_table(results: Sequence[Result], title: str) -> None:
    """Print results as a table, accuracies in percent, and below it what each protocol was."""
    table = Table(title=title, title_justify="left")
    for name in ("probe", "on", "images"):
        table.add_column(name, justify="right" if name == "images" else "left")
    for name in ("accuracy", "95 %", "mean class", "macro F1", "calib. error"):
        table.add_column(name, justify="right")
    for r in results:
        table.add_row(
            label_of(r),
            r.test_set,
            f"{r.images:,}",
            f"{100 * r.accuracy:.2f}",
            f"{100 * r.interval[0]:.1f}–{100 * r.interval[1]:.1f}",
            f"{100 * r.mean_class_accuracy:.2f}",
            f"{100 * r.macro_f1:.2f}",
            f"{r.calibration_error:.3f}",
        )
    console = table_console(140)
    console.print(table)
    for line in dict.fromkeys(f"{label_of(r)}: {r.protocol.fitting}" for r in results):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def label_of(result: Result, dim: bool = True) -> str:
    """Return a short name of a result.

    Args:
        result: any.
        dim: with the width of its feature; encoders of different widths share the name without it.
    """
    used, feature, tta = result.labels_used, result.feature, result.protocol.tta
    kind = result.kind
    if used is not None:
        kind = result.hyperparameters.get("classifier", "linear")
        kind += (
            f", {100 * used.share:g}% of labels"
            if used.share is not None
            else f", {used.per_class} label{'s' * (used.per_class != 1)} a class"
        )
    if result.spread is not None:
        kind += f", mean of {result.spread.draws} draws"
    return "".join(
        [
            f"{result.encoder}: " if result.encoder else "",
            kind,
            f", {feature.label}" if feature else "",
            f" {feature.dim:,}-d" if feature and dim else "",
            f", tta {tta}" if tta in ("features", "logits") else "",
            ", prior estimated" if "prior" in result.hyperparameters else "",
        ]
    )


def print_curves(result: Result) -> None:
    """Print a result along an axis: a row a curve, accuracy in percent at each level."""
    table = Table(
        title=f"{result.kind}: accuracy, {result.test_set}, {result.images:,} images",
        title_justify="left",
    )
    table.add_column("curve")
    table.add_column("level: accuracy")
    for name, curve in (result.curves or {}).items():
        cells = [
            f"{level:g}: {100 * accuracy:.1f}"
            for level, accuracy in zip(curve.levels, curve.accuracy, strict=True)
        ]
        table.add_row(f"{name} ({curve.unit})", "   ".join(cells))
    table_console(140).print(table)


def print_candidates(results: Sequence[Result], kept: str, title: str) -> None:
    """Print the candidates of an adaptation as a table; the kept one is marked.

    Args:
        results: cross-validated, the plainest first; none of an encoder alone.
        kept: the name of the one that is the model.
        title: of the table.
    """
    console = table_console(140)
    if not results:
        console.print(title, highlight=False, markup=False, soft_wrap=True)
        return
    table = Table(title=title, title_justify="left")
    table.add_column("candidate")
    for name in ("accuracy", "95 %", "mean class"):
        table.add_column(name, justify="right")
    for r in results:
        table.add_row(
            f"{r.encoder} (kept)" if r.encoder == kept else r.encoder,
            f"{100 * r.accuracy:.1f}",
            f"{100 * r.interval[0]:.1f}–{100 * r.interval[1]:.1f}",
            f"{100 * r.mean_class_accuracy:.1f}",
        )
    console.print(table)
    for line in dict.fromkeys(r.protocol.reported_on for r in results):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
