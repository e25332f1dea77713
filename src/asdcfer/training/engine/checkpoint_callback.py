"""When checkpoints are written, what Ctrl-C does, and how a loss that is not finite ends a run."""

import contextlib
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import torch
import torch.distributed as dist
from lightning.pytorch.callbacks import Callback

from asdcfer.errors import TrainingError
from asdcfer.training.engine.checkpoint import (
    checkpoint_path,
    checkpoints,
    keep_newest,
    last_checkpoint,
)

KEPT = 2
"""Checkpoints kept: the newest, and the one before it in case the newest is damaged."""


class CheckpointCallback(Callback):
    """Write a checkpoint every few steps, at the end of epochs and of the run, and on Ctrl-C.

    Args:
        folder: where checkpoints live.
        every: steps between two.
        epochs: epochs between two that are written at the end of an epoch.
    """

    def __init__(self, folder: Path, every: int, epochs: int) -> None:
        self.folder, self.every, self.epochs = folder, every, epochs
        self.interrupted = False
        self._before: dict[int, Any] = {}

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Take Ctrl-C and SIGTERM over: the first finishes the step, the second stops at once."""
        if trainer.is_global_zero:
            keep_newest(self.folder, KEPT)
        if threading.current_thread() is threading.main_thread():
            self._before = {
                number: signal.signal(number, self._on_interrupt)
                for number in (signal.SIGINT, signal.SIGTERM)
            }

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            self._give_back()
            raise KeyboardInterrupt
        self.interrupted = True

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            with contextlib.suppress(ValueError):
                signal.signal(number, handler)
        self._before = {}

    def on_train_batch_end(
        self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Check the loss and write a checkpoint where one is due."""
        if not module.between_steps:
            return
        step, plan = module.step, module.plan
        stop = self._stop_everywhere(trainer, module)
        end_of_epoch = (
            step % plan.steps_per_epoch == 0 and (step // plan.steps_per_epoch) % self.epochs == 0
        )
        due = step % self.every == 0 or end_of_epoch or step >= plan.total_steps or stop
        # Asking a GPU for the loss at each step would make it wait; a CPU has it at hand.
        if due or module.device.type == "cpu" or step % 20 == 0:
            module.check_finite(self.last_good())
        if due:
            self.save(trainer, module)
        if stop:
            trainer.should_stop = True

    def save(self, trainer: Any, module: Any) -> None:
        """Write the checkpoint of the present step.

        Raises:
            TrainingError: a weight is not finite.
        """
        if not module.weights_are_finite():
            raise TrainingError(
                f"weights stopped being finite at step {module.step} (learning rate "
                f"{module.learning_rate:.4g}); {self.last_good()}; {module.advice}"
            )
        path = checkpoint_path(self.folder, module.step)
        if not (path / "state.json").is_file():
            trainer.save_checkpoint(path)
        if trainer.is_global_zero:
            keep_newest(self.folder, KEPT)

    def last_good(self) -> str:
        """Return the part of a message that names the last good checkpoint."""
        found = last_checkpoint(self.folder)
        return (
            f"the last good checkpoint is {found}"
            if found
            else "no checkpoint had been written yet"
        )

    def on_train_end(self, trainer: Any, module: Any) -> None:
        """Give the signals back."""
        self._give_back()

    def on_exception(self, trainer: Any, module: Any, exception: BaseException) -> None:
        """Give the signals back."""
        self._give_back()

    def _stop_everywhere(self, trainer: Any, module: Any) -> bool:
        if trainer.world_size == 1:
            return self.interrupted
        # Ctrl-C reaches every process, but not between the same two steps.
        flag = torch.tensor(float(self.interrupted), device=module.device)
        dist.all_reduce(flag, dist.ReduceOp.MAX)
        self.interrupted = bool(flag.item())
        return self.interrupted


def forget(folder: Path) -> None:
    """Remove all checkpoints of a folder."""
    if checkpoints(folder):
        keep_newest(folder, 0)
