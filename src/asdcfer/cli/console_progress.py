"""Progress on the console: one bar on standard error, and lines above it."""

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from asdcfer.cli.option_words import as_typed

QUIET_SECONDS = 20.0
"""Where standard error is no terminal, a stage says how far it is this often at most."""
REDRAW_SECONDS = 0.05


class ConsoleProgress:
    """A `progress.Progress` that shows the present stage as a bar on standard error.

    Where that is no terminal, long stages write a line now and then instead.

    Args:
        unit: what the numbers of a stage count; "" where stages count different things.
        keep: leave the bar of the last stage on the screen, or in the file that it goes to.

    Example:
        >>> with ConsoleProgress() as progress:
        ...     progress("measuring", 10, 10)
    """

    def __init__(self, unit: str = "images", keep: bool = False) -> None:
        columns = (
            TextColumn("{task.description}", style="bold", markup=False),
            BarColumn(),
            TextColumn("{task.fields[count]}  {task.fields[rate]}", markup=False),
            TextColumn("{task.fields[note]}", markup=False),
            TextColumn("time left"),
            TimeRemainingColumn(),
        )
        self.unit, self._keep = f" {unit}" if unit else "", keep
        self._console = Console(stderr=True)
        self._bar = Progress(*columns, console=self._console, transient=not keep)
        self._task: TaskID | None = None
        self._stage = ""
        self._began = self._drawn = self._spoken = 0.0
        self._first = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar.live.is_started:
            self._bar.stop()

    def message(self, text: str) -> None:
        """Print one line on standard error, above the bar."""
        self._console.print(as_typed(text), highlight=False, markup=False, soft_wrap=True)

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Show how much of a stage is done."""
        now = time.perf_counter()
        begins = stage != self._stage or self._task is None
        if begins:
            self._begin(stage, done, now)
        ends = total > 0 and done >= total
        if not (begins or ends) and now - self._drawn < REDRAW_SECONDS:
            return
        self._drawn = now
        seconds = now - self._began
        rate = ""
        if seconds > 0 and done > self._first:
            rate = f"{(done - self._first) / seconds:,.0f}{self.unit}/s"
        if self._task is not None:
            self._bar.update(
                self._task,
                completed=done,
                total=total or None,
                count=f"{done:,.0f}{f'/{total:,.0f}' if total else ''}{self.unit}",
                rate=rate,
                note=note,
            )
        if not self._console.is_terminal and (
            now - self._spoken > QUIET_SECONDS or (ends and note)
        ):
            self._spoken = now
            self.message(f"{stage}: {done:,.0f}/{total:,.0f}  {note or rate}")

    def _begin(self, stage: str, done: float, now: float) -> None:
        self._stage, self._first, self._began, self._spoken = stage, done, now, now
        # Not before, and nowhere else: a bar leaves an empty line where there is none to draw.
        if self._console.is_terminal or self._keep:
            self._bar.start()
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(stage, total=None, count="", rate="", note="")
