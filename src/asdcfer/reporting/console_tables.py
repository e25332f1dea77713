"""Showing: progress on standard error, tables on standard output."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from asdcfer.console import table_console


class Bar:
    """A progress bar on standard error that follows reading, features and epochs, whichever is
    going on.

    Example:
        >>> with Bar() as bar:
        ...     bar.images(10, 10)
    """

    def __init__(self) -> None:
        columns = (
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}% {task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task("", total=None, rate="", visible=False)
        self._name = "features"

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def say(self, line: str) -> None:
        """Print one line on standard error, above the bar."""
        self._progress.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def stage(self, name: str) -> None:
        """Name what happens now; its length is not known yet."""
        self._name = name
        self._progress.reset(self._task, total=None, description=name, rate="", visible=True)

    def images(self, done: int, total: int) -> None:
        """Show how many images are done."""
        task = self._progress.tasks[0]
        if done < task.completed or task.total != total or task.description != self._name:
            self._progress.reset(
                self._task, total=total, description=self._name, rate="", visible=True
            )
        elapsed = task.elapsed or 0.0
        self._progress.update(
            self._task,
            completed=done,
            rate=f"{done / elapsed:,.0f} images/s" if elapsed > 0.5 else "",
        )

    def reading(self, done: int, fraction: float) -> None:
        """Show how much of a source is read."""
        if done % 64 == 0 or fraction >= 1:
            task = self._progress.tasks[0]
            if task.description != "reading":
                self._progress.reset(
                    self._task, total=1.0, description="reading", rate="", visible=True
                )
            self._progress.update(self._task, completed=fraction, rate=f"{done:,} images")


def print_table(results: Sequence[dict[str, Any]], title: str) -> None:
    """Print results as a table, accuracies in percent, and below it what each protocol was."""
    table = Table(title=title, title_justify="left")
    for name in ("probe", "on", "images"):
        table.add_column(name, justify="right" if name == "images" else "left")
    for name in ("accuracy", "95 %", "mean class", "macro F1", "calib. error"):
        table.add_column(name, justify="right")
    for r in results:
        interval = f"{100 * r['interval'][0]:.1f}–{100 * r['interval'][1]:.1f}"
        table.add_row(
            label_of(r),
            r["evaluated_on"],
            f"{r['images']:,}",
            f"{100 * r['accuracy']:.2f}",
            interval,
            f"{100 * r['mean_class_accuracy']:.2f}",
            f"{100 * r['macro_f1']:.2f}",
            f"{r['calibration_error']:.3f}",
        )
    console = table_console(140)
    console.print(table)
    for line in dict.fromkeys(
        f"{label_of(r)}: {r['protocol'].split('; reported on')[0]}" for r in results
    ):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def label_of(result: dict[str, Any], dim: bool = True) -> str:
    """Return a short name of a result; without the width of its feature, encoders of different
    widths share it.

    Example:
        >>> label_of({"kind": "linear", "feature": {"pooling": "global", "dim": 512}, "hyperparameters": {}})
        'linear, global 512-d'
    """
    used = result.get("labels_used")
    kind = result["kind"]
    if used:
        kind = (
            f"linear, {100 * used['share']:g}% of labels"
            if "share" in used
            else f"linear, {used['per_class']} labels a class"
        )
    feature = result.get("feature", {})
    tta = result.get("hyperparameters", {}).get("tta", "none")
    width = f" {feature['dim']:,}-d" if dim and "dim" in feature else ""
    pooled = f", {feature.get('name', feature['pooling'])}{width}" if "dim" in feature else ""
    return f"{result['encoder'] + ': ' if result.get('encoder') else ''}{kind}{pooled}{'' if tta in ('none', True, False) else f', tta {tta}'}"


def print_curves(curves: dict[str, Any]) -> None:
    """Print a robustness result: one row a damage, accuracy in percent at each level."""
    table = Table(
        title=f"accuracy under damage, {curves['evaluated_on']}, {curves['images']:,} images",
        title_justify="left",
    )
    table.add_column("damage")
    table.add_column("level: accuracy")
    for name, curve in curves["curves"].items():
        cells = [
            f"{level:g}: {100 * accuracy:.1f}"
            for level, accuracy in zip(curve["levels"], curve["accuracy"], strict=True)
        ]
        table.add_row(f"{name} ({curve['unit']})", "   ".join(cells))
    table_console(140).print(table)
