"""metrics.csv of every training, always, and TensorBoard where it is asked for."""

import csv
import io
import time
from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import Callback

from asdcfer.extras import require
from asdcfer.files import appending, atomic_write, read_rows

COLUMNS = ["step", "epoch", "seconds", "images_per_second", "learning_rate", "loss"]
HEALTH_COLUMNS = ["feature_spread", "effective_rank", "target_entropy", "knn_online"]


class MetricsLog(Callback):
    """Write one row every few steps and at the end of every epoch: means since the row before.

    Columns: step, epoch, seconds (of training, over all resumed parts), images_per_second (since
    the row before), learning_rate, loss, one for each part of the loss, what other callbacks have
    measured, and health (empty between measurements). Rows after the checkpoint that a run is
    resumed from are dropped: they are made again.

    Args:
        path: metrics.csv.
        every: steps between rows.
        tensorboard: also write events beside it.

    Attributes:
        measured: what other callbacks put into the next row.
        last: the last row, without its empty columns.
    """

    def __init__(self, path: Path, every: int, tensorboard: bool = False) -> None:
        self.path, self.every, self.tensorboard = path, every, tensorboard
        self.measured: dict[str, float] = {}
        self.last: dict[str, float] = {}
        self.seconds = 0.0
        self._columns: list[str] = []
        self._mark = self._start = 0.0
        self._from_step = 0
        self._events: Any = None

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Start or continue the file."""
        self._mark = self._start = time.perf_counter()
        self._from_step = module.step
        if not trainer.is_global_zero:
            return
        rows = [row for row in read_rows(self.path) if int(row["step"]) <= module.step]
        self._columns = list(rows[0]) if rows else []
        if rows:
            self._rewrite(rows)
        else:
            self.path.unlink(missing_ok=True)
        if self.tensorboard:
            require("tensorboard", "the log for TensorBoard", "leave `tensorboard=True` out")
            from torch.utils.tensorboard import SummaryWriter

            self._events = SummaryWriter(
                str(self.path.parent / "tensorboard"), purge_step=module.step + 1
            )

    def state_dict(self) -> dict[str, Any]:
        """Return the training time so far, for the checkpoint."""
        return {"seconds": self.elapsed()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the training time."""
        self.seconds = state_dict["seconds"]

    def elapsed(self) -> float:
        """Return seconds of training, over all resumed parts."""
        return self.seconds + (time.perf_counter() - self._start if self._start else 0.0)

    def on_train_batch_end(
        self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write a row where one is due."""
        if not module.between_steps:
            return
        if (
            module.step % self.every
            and module.step % module.plan.steps_per_epoch
            and module.step < module.plan.total_steps
        ):
            return
        means = {**module.means(), **self.measured}
        images = module.images_seen(module.step) - module.images_seen(self._from_step)
        now = time.perf_counter()
        row = {
            "step": module.step,
            "epoch": round(module.step / module.plan.steps_per_epoch, 4),
            "seconds": round(self.elapsed(), 3),
            "images_per_second": round(images / max(1e-9, now - self._mark), 1),
            "learning_rate": module.learning_rate,
            "loss": means.pop("loss"),
            **{name: value for name, value in means.items() if name not in HEALTH_COLUMNS},
            **{name: means.get(name) for name in HEALTH_COLUMNS},
        }
        self.measured, self._mark, self._from_step = {}, now, module.step
        self.last = {name: value for name, value in row.items() if value is not None}
        if trainer.is_global_zero:
            self._append(row)
            if self._events is not None:
                for name, value in self.last.items():
                    if name != "step":
                        self._events.add_scalar(name, value, module.step)

    def on_train_end(self, trainer: Any, module: Any) -> None:
        """Keep the time, and close TensorBoard's file."""
        self.seconds, self._start = self.elapsed(), 0.0
        if self._events is not None:
            self._events.close()

    def _append(self, row: dict[str, Any]) -> None:
        if not self._columns:
            self._columns = list(row)
            self._rewrite([row])
        elif row.keys() - set(self._columns):
            # A term that joins later gets its column; earlier rows are empty there.
            new = [name for name in row if name not in self._columns]
            place = self._columns.index("feature_spread")
            self._columns[place:place] = new
            self._rewrite([*read_rows(self.path), row])
        else:
            with (
                appending(self.path),
                open(self.path, "a", encoding="utf-8", newline="") as file,
            ):
                file.write(self._line(row))

    def _line(self, row: dict[str, Any]) -> str:
        text = io.StringIO()
        csv.DictWriter(text, self._columns, restval="", lineterminator="\n").writerow(
            {
                name: f"{value:.6g}" if isinstance(value, float) else value
                for name, value in row.items()
            }
        )
        return text.getvalue()

    def _rewrite(self, rows: list[dict[str, Any]]) -> None:
        with atomic_write(self.path) as temporary:
            temporary.write_text(
                ",".join(self._columns) + "\n" + "".join(map(self._line, rows)),
                encoding="utf-8",
                newline="",
            )
