"""The live progress bar: epochs, loss, images a second and time left, on standard error."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from lightning.pytorch.callbacks import Callback
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from asdcfer.training.engine.metrics_log import MetricsLog
from asdcfer.training.engine.module import TrainingModule

QUIET_SECONDS = 20.0
"""Where standard error is not a terminal, one line is written this often at most."""


@contextlib.contextmanager
def counted(name: str, shown: bool = True) -> Iterator[Callable[[int, int], None]]:
    """Give a function `report(done, all)` that moves a bar, which appears once it is first called.

    Args:
        name: what is being done.
        shown: False shows nothing (every process but the first).
    """
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with contextlib.ExitStack() as stack:
        bar: Progress | None = None
        task: Any = None

        def report(done: int, total: int) -> None:
            nonlocal bar, task
            if not shown:
                return
            if bar is None:
                bar = stack.enter_context(Progress(*columns, console=Console(stderr=True)))
                task = bar.add_task(name)
            bar.update(task, completed=done, total=total)

        yield report


class ProgressBar(Callback):
    """Show how a training gets on.

    Args:
        name: what is trained ("teacher").
        log: where the numbers come from.
    """

    def __init__(self, name: str, log: MetricsLog) -> None:
        self.name, self.metrics = name, log
        self.console = Console(stderr=True)
        self.bar: Progress | None = None
        self._task: Any = None
        self._spoken = self._start = 0.0
        self._from_step = 0

    def on_train_start(self, trainer: Any, module: TrainingModule) -> None:
        """Open the bar."""
        self._start = self._spoken = time.perf_counter()
        self._from_step = module.step
        if not trainer.is_global_zero or not self.console.is_terminal:
            return
        self.bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            refresh_per_second=4,
        )
        self.bar.start()
        self._task = self.bar.add_task(
            self.name, total=module.plan.total_steps, completed=module.step, told=""
        )

    def on_train_batch_end(
        self, trainer: Any, module: TrainingModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Move it."""
        if not module.between_steps or not trainer.is_global_zero:
            return
        done = module.step - self._from_step
        seconds = max(1e-9, time.perf_counter() - self._start)
        rate = done * module.plan.images_per_step / seconds
        told = f"epoch {min(module.epoch + 1, module.stage.epochs)}/{module.stage.epochs}  {rate:,.0f} images/s"
        if "loss" in self.metrics.last:
            told += f"  loss {self.metrics.last['loss']:.3f}"
        if "knn_online" in self.metrics.last:
            told += f"  kNN {self.metrics.last['knn_online']:.1%}"
        if self.bar is not None:
            self.bar.update(self._task, completed=module.step, told=told)
        elif (
            time.perf_counter() - self._spoken > QUIET_SECONDS
            or module.step >= module.plan.total_steps
        ):
            self._spoken = time.perf_counter()
            left = (module.plan.total_steps - module.step) * seconds / max(1, done)
            print(
                (
                    f"{self.name}: step {module.step}/{module.plan.total_steps}  {told}  "
                    f"{left / 60:.1f} min left"
                ),
                file=sys.stderr,
                flush=True,
            )

    def on_train_end(self, trainer: Any, module: TrainingModule) -> None:
        """Close it."""
        self._close()

    def on_exception(self, trainer: Any, module: TrainingModule, exception: BaseException) -> None:
        """Close it, so that the message stands on a line of its own."""
        self._close()

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
