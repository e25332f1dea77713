"""Report how a training gets on to the caller's `Progress`."""

import time
from typing import Any

from lightning.pytorch.callbacks import Callback

from asdcfer.progress import Progress
from asdcfer.training.engine.metrics_log import MetricsLog
from asdcfer.training.engine.module import TrainingModule


class ProgressCallback(Callback):
    """Report every step: the stage, steps done and in all, and a note with epoch, speed and loss.

    Args:
        name: of the stage ("teacher", "finetune").
        log: where the numbers come from.
        progress: is told, in the first process.
    """

    def __init__(self, name: str, log: MetricsLog, progress: Progress) -> None:
        self.name, self.metrics, self.progress = name, log, progress
        self._start = 0.0
        self._from_step = 0

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Begin the stage at the step that training goes on from."""
        self._start, self._from_step = time.perf_counter(), module.step
        if trainer.is_global_zero:
            self.progress(self.name, module.step, module.plan.total_steps)

    def on_train_batch_end(
        self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report a step; an epoch is said to be done once its checkpoint is written."""
        if not (module.between_steps and trainer.is_global_zero):
            return
        self.progress(self.name, module.step, module.plan.total_steps, self._note(module))
        if module.step % module.plan.steps_per_epoch == 0:
            line = module.epoch_summary(self.metrics.last)
            if line is not None:
                self.progress.message(line)

    def _note(self, module: TrainingModule) -> str:
        plan, last = module.plan, self.metrics.last
        images = module.images_seen(module.step) - module.images_seen(self._from_step)
        rate = images / max(1e-9, time.perf_counter() - self._start)
        words = [
            f"epoch {min(module.epoch + 1, plan.epochs)}/{plan.epochs}",
            f"{rate:,.0f} images/s",
        ]
        if "loss" in last:
            words.append(f"loss {last['loss']:.3f}")
        if "knn_online" in last:
            words.append(f"kNN {last['knn_online']:.1%}")
        return "  ".join(words)
