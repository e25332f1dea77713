"""Drive a module to the end of its plan; Lightning does loop, processes and precision."""

import contextlib
import inspect
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.strategies import DDPStrategy
from torch.nn.parallel import DistributedDataParallel

from asdcfer.devices import resolve_device, resolve_precision
from asdcfer.errors import RecipeError, TrainingError
from asdcfer.progress import SILENT, Progress
from asdcfer.training.engine.checkpoint import SafetensorsCheckpointIO, last_checkpoint
from asdcfer.training.engine.checkpoint_callback import CheckpointCallback, forget
from asdcfer.training.engine.hardware import Hardware, first_only, is_first_process
from asdcfer.training.engine.metrics_log import MetricsLog
from asdcfer.training.engine.module import TrainingModule
from asdcfer.training.engine.progress_callback import ProgressCallback
from asdcfer.training.engine.seeding import seed_all

ANYWHERE = Hardware()
CHECKPOINTS = "checkpoint"
"""Folder of the checkpoints, in that of a training."""
_BUFFERS_STAY: dict[str, Any] = {
    # Older releases of PyTorch know the second name.
    next(
        name
        for name in ("forward_sync_buffers", "broadcast_buffers")
        if name in inspect.signature(DistributedDataParallel).parameters
    ): False
}


@dataclass(frozen=True)
class Workplace:
    """Where a module is trained, and who hears of it.

    Attributes:
        folder: gets metrics.csv and checkpoint/.
        name: of the stage, for the progress.
        hardware: what to train on.
        resume: continue from the newest checkpoint in `folder`, where there is one.
        progress: is told how far it is.
    """

    folder: Path
    name: str = "training"
    hardware: Hardware = ANYWHERE
    resume: bool = False
    progress: Progress = SILENT

    @property
    def start(self) -> Path | None:
        """The checkpoint that training goes on from; None where it begins."""
        return last_checkpoint(self.folder / CHECKPOINTS) if self.resume else None

    @property
    def log_file(self) -> Path:
        """Where the log is written."""
        return self.folder / "metrics.csv"

    @property
    def heard(self) -> Progress:
        """The progress in the first process, silence in every other."""
        return first_only(self.progress)


def fit(
    module: TrainingModule, place: Workplace, log: MetricsLog, callbacks: Sequence[Callback] = ()
) -> None:
    """Train a module in place to the end of its plan, or from a checkpoint on.

    Args:
        module: what is trained, on the device that it is to be trained on.
        place: where.
        log: of the metrics.
        callbacks: called before the log, whose row takes up what they measure.

    Raises:
        TrainingError: the loss or a weight stopped being finite, the checkpoint is of another run,
            or another process of the training has ended.
        RecipeError: Lightning refuses the hardware.
        KeyboardInterrupt: after Ctrl-C, once the checkpoint is written.
    """
    start, folder = place.start, place.folder / CHECKPOINTS
    place.folder.mkdir(parents=True, exist_ok=True)
    if start is not None:
        place.heard.message(f"{place.name}: resuming from {start}")
    elif is_first_process():
        forget(folder)
        place.log_file.unlink(missing_ok=True)
    seed_all(module.seed, place.hardware.process)
    keeper = CheckpointCallback(folder, module.loop.checkpoint_every, module.loop.checkpoint_epochs)
    reporter = ProgressCallback(place.name, log, place.heard)
    trainer = _lightning(module, place.hardware, [*callbacks, log, keeper, reporter])
    with warnings.catch_warnings():
        _expect_warnings()
        with _other_processes(place.hardware):
            trainer.fit(module, ckpt_path=None if start is None else str(start))
    if keeper.interrupted and module.step < module.plan.total_steps:
        raise KeyboardInterrupt
    module.check()


@contextlib.contextmanager
def _other_processes(hardware: Hardware) -> Iterator[None]:
    """Tell that another process of the training has ended, which each of them waits for.

    Raises:
        TrainingError: one has.
    """
    try:
        yield
    except RuntimeError as error:
        lost = isinstance(error, torch.distributed.DistError) or "onnection" in str(error)
        if hardware.processes == 1 or not lost:
            raise
        # Without the line of the library's source that says it, and its guesses.
        reason = re.sub(r"^\[\S+\] ", "", " ".join(str(error).split())).partition(". ")[0]
        raise TrainingError(
            "another process of this training has ended (killed, or out of memory); checkpoints "
            f"are kept: go on with the same and `resume=True` ({reason})"
        ) from error


def _lightning(
    module: TrainingModule, hardware: Hardware, callbacks: list[Callback]
) -> lightning.Trainer:
    device = resolve_device(hardware.device)
    strategy: Any = hardware.strategy
    if strategy == "auto" and hardware.processes > 1:
        # Buffers are not broadcast at every step: queues agree by construction, and each process
        # keeps its own batch statistics.
        strategy = DDPStrategy(
            process_group_backend="gloo" if device == "cpu" else "nccl",
            find_unused_parameters=module.loop.unused_parameters,
            **_BUFFERS_STAY,
        )
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    logging.getLogger("lightning.fabric").setLevel(logging.ERROR)
    precision: Any = resolve_precision(module.loop.precision, device).precision
    torch.set_float32_matmul_precision("high" if device == "cuda" else "highest")
    # One process is a run of its own, whatever a cluster's variables say of the tasks around it.
    lone = [LightningEnvironment()] if hardware.processes == 1 else []
    try:
        return lightning.Trainer(
            accelerator="gpu" if device == "cuda" else "cpu",
            devices=hardware.devices,
            num_nodes=hardware.nodes,
            strategy=strategy,
            precision=precision,
            max_steps=module.plan.total_steps,
            max_epochs=-1,
            accumulate_grad_batches=module.loop.accumulate,
            gradient_clip_val=module.loop.clip_norm,
            sync_batchnorm=module.loop.sync_batch_norm,
            callbacks=callbacks,
            plugins=[SafetensorsCheckpointIO(), *lone],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            benchmark=device == "cuda",
        )
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        raise RecipeError(
            f"Lightning refuses `devices={hardware.devices}`, `nodes={hardware.nodes}` and "
            f'`strategy="{hardware.strategy}"`: {error}'
        ) from error


def _expect_warnings() -> None:
    """Silence what Lightning says about things that are meant to be as they are."""
    for message in (
        "The `srun` command is available",
        "GPU available but not used",
        "Found .* module.s. in eval mode",
        "The 'train_dataloader' does not have many workers",
        "You are using a CUDA device",
        "You defined a `validation_step`",
        "Detected call of `lr_scheduler.step",
        ".*isinstance.treespec, LeafSpec.*",
        ".*barrier.*using the device under current context",
        ".*Attempted to access the data pointer",
        "max_epochs",
    ):
        warnings.filterwarnings("ignore", message=message)
