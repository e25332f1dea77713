"""Showing: progress on standard error, tables on standard output."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from asdcfer.console import table_console
from asdcfer.evaluation.result import Result


class Bar:
    """A progress bar on standard error that follows whatever is going on.

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

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Show how much of a stage is done, as `asdcfer.progress.Progress` says it."""
        if stage != self._name or not total:
            self.stage(stage)
        if note:
            self._progress.update(self._task, description=f"{stage}: {note}")
        if total:
            self.images(int(done), int(total))

    def message(self, text: str) -> None:
        """Print one line on standard error, above the bar."""
        self.say(text)

    def reading(self, done: int, fraction: float) -> None:
        """Show how much of a source is read."""
        if done % 64 == 0 or fraction >= 1:
            task = self._progress.tasks[0]
            if task.description != "reading":
                self._progress.reset(
                    self._task, total=1.0, description="reading", rate="", visible=True
                )
            self._progress.update(self._task, completed=fraction, rate=f"{done:,} images")


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
        kind = (
            f"linear, {100 * used.share:g}% of labels"
            if used.share is not None
            else f"linear, {used.per_class} labels a class"
        )
    return "".join(
        [
            f"{result.encoder}: " if result.encoder else "",
            kind,
            f", {feature.label}" if feature else "",
            f" {feature.dim:,}-d" if feature and dim else "",
            f", tta {tta}" if tta in ("features", "logits") else "",
        ]
    )


def print_curves(result: Result) -> None:
    """Print a robustness result: one row a damage, accuracy in percent at each level."""
    table = Table(
        title=f"accuracy under damage, {result.test_set}, {result.images:,} images",
        title_justify="left",
    )
    table.add_column("damage")
    table.add_column("level: accuracy")
    for name, curve in (result.curves or {}).items():
        cells = [
            f"{level:g}: {100 * accuracy:.1f}"
            for level, accuracy in zip(curve.levels, curve.accuracy, strict=True)
        ]
        table.add_row(f"{name} ({curve.unit})", "   ".join(cells))
    table_console(140).print(table)
