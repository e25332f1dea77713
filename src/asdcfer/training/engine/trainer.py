"""The trainer: one method, one set of images, one folder; Lightning does the loop, the processes
and the precision.
"""

import logging
import os
import sys
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import torch
from lightning.pytorch.strategies import DDPStrategy, StrategyRegistry
from torch import Tensor

from asdcfer.devices import resolve_device, resolve_precision
from asdcfer.errors import RecipeError
from asdcfer.methods.method import Method
from asdcfer.training.engine.checkpoint import SafetensorsCheckpointIO, last_checkpoint
from asdcfer.training.engine.checkpoint_callback import CheckpointCallback, forget
from asdcfer.training.engine.metrics_log import MetricsLog
from asdcfer.training.engine.module import Plan, TrainingModule, plan_for
from asdcfer.training.engine.progress_bar import ProgressBar, counted
from asdcfer.training.engine.seeding import seed_all
from asdcfer.training.pretrain.health import Health
from asdcfer.training.pretrain.health_callback import HealthCallback, LabeledFaces
from asdcfer.training.pretrain.recipe import StageOptions
from asdcfer.validation import did_you_mean


@dataclass(frozen=True)
class Hardware:
    """What to train on; the same names as Lightning's.

    Attributes:
        device: "auto", "cpu" or "cuda".
        devices: processes on each machine (CPU processes talk over gloo, GPUs over nccl).
        nodes: machines; start the same command on each, as Lightning's cluster guide says.
        strategy: Lightning's name of a strategy; "auto" is one process, or DDP for several.
        tensorboard: also write TensorBoard events.
    """

    device: str = "auto"
    devices: int = 1
    nodes: int = 1
    strategy: str = "auto"
    tensorboard: bool = False

    @property
    def processes(self) -> int:
        """Processes over all machines."""
        return self.devices * self.nodes


@dataclass(frozen=True)
class TrainResult:
    """What a training leaves.

    Attributes:
        encoder: the encoder to save, on the CPU, in evaluation mode.
        projector: the projector that belongs to it.
        effective: the values that "auto" and the scaling rules became.
        health: the verdict; None in processes other than the first.
        seconds: of training, over all resumed parts.
        metrics: the last row of metrics.csv.
    """

    encoder: Any
    projector: Any
    effective: dict[str, Any]
    health: Health | None
    seconds: float
    metrics: dict[str, float]


def is_first_process() -> bool:
    """Whether this process is the one that prints and writes."""
    return all(
        int(os.environ.get(name) or 0) == 0 for name in ("LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")
    )


def say(line: str) -> None:
    """Print a line to standard error, once over all processes."""
    if is_first_process():
        print(line, file=sys.stderr, flush=True)


def train(
    method: Method,
    images: Tensor,
    stage: StageOptions,
    *,
    seed: int,
    folder: Path,
    name: str = "training",
    hardware: Hardware | None = None,
    resume: bool = False,
    labeled: LabeledFaces | None = None,
    store: Path | None = None,
    made_from: Mapping[str, str] | None = None,
) -> TrainResult:
    """Train a method to the end of its recipe.

    Args:
        method: what is trained, in place.
        images: uint8 (N,H,W) or (N,H,W,3), all of them; they move to the training device.
        stage: how.
        seed: of everything random.
        folder: gets metrics.csv and checkpoint/.
        name: for the progress bar.
        hardware: where.
        resume: continue from the newest checkpoint in `folder`, where there is one.
        labeled: faces for the online kNN.
        store: file in which the method may keep what it prepares for the next run.
        made_from: hashes of teacher and faces, for the checkpoints; whoever resumes has compared
            them by `resuming.check_same`.

    Raises:
        TrainingError: the loss or a weight stopped being finite, or the checkpoint is of another
            run.
        DataError: fewer images than one step takes.
        KeyboardInterrupt: after Ctrl-C, once the checkpoint is written.
    """
    hardware = hardware or Hardware()
    device = resolve_device(hardware.device)
    resolved = resolve_precision(stage.precision, device)
    plan = plan_for(stage, len(images), hardware.processes)
    effective = effective_values(plan, stage, device, resolved.precision, resolved.reason)
    _announce(name, effective)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint_folder = folder / "checkpoint"
    start = last_checkpoint(checkpoint_folder) if resume else None
    if start is None and is_first_process():
        forget(checkpoint_folder)
        (folder / "metrics.csv").unlink(missing_ok=True)
    elif start is not None:
        say(f"{name}: resuming from {start}")
    local = int(os.environ.get("LOCAL_RANK") or 0)
    method.train()
    method.to(memory_format=torch.channels_last)
    method.to(f"cuda:{local}" if device == "cuda" and hardware.devices > 1 else device)
    with counted(f"{name}: teacher", is_first_process()) as report:
        method.prepare(images, report, store)
    # After the preparation, which may be read back from a file and then draws nothing.
    seed_all(seed, int(os.environ.get("NODE_RANK") or 0) * hardware.devices + local)
    module = TrainingModule(method, images, stage, plan, seed, made_from)
    log = MetricsLog(folder / "metrics.csv", stage.log_every, hardware.tensorboard)
    watch = HealthCallback(log, labeled, resolved.precision)
    keeper = CheckpointCallback(checkpoint_folder, stage.checkpoint_every, stage.checkpoint_epochs)
    trainer = _lightning(
        hardware,
        device,
        resolved.precision,
        stage,
        plan,
        [watch, log, keeper, ProgressBar(name, log)],
    )
    with warnings.catch_warnings():
        _expect_warnings()
        trainer.fit(module, ckpt_path=None if start is None else str(start))
    if keeper.interrupted and module.step < plan.total_steps:
        raise KeyboardInterrupt
    method.check()
    encoder = module.exported_encoder.to("cpu").eval()
    health = watch.health
    if health is not None:
        say(f"{name}: {health.verdict}: {'; '.join(health.reasons)}")
    projector = method.projector
    return TrainResult(
        encoder,
        None if projector is None else projector.to("cpu").eval(),
        effective,
        health,
        log.elapsed(),
        log.last,
    )


def check_strategy(name: str) -> None:
    """Raise `RecipeError` for a strategy that Lightning does not have."""
    known = StrategyRegistry.available_strategies()
    if name != "auto" and name not in known:
        raise RecipeError(f"unknown strategy {name}{did_you_mean(name, ['auto', *known])}")


def effective_values(
    plan: Plan, stage: StageOptions, device: str, precision: str, reason: str
) -> dict[str, Any]:
    """Return what the recipe's relative and automatic values came to, for the record and the
    screen.
    """
    return {
        **asdict(plan),
        "written_learning_rate": stage.optimizer.learning_rate,
        "device": device,
        "precision": precision,
        "precision_reason": reason,
        "threads": torch.get_num_threads(),
    }


def _announce(name: str, effective: dict[str, Any]) -> None:
    say(
        f"{name}: {effective['images']:,} images, {effective['images_per_step']} a step, "
        f"{effective['steps_per_epoch']} steps an epoch, "
        f"{effective['total_steps']:,} steps; effective learning rate "
        f"{effective['learning_rate']:.6g} (recipe: {effective['written_learning_rate']:.6g}); "
        f"{effective['precision']} on {effective['device']} ({effective['precision_reason']})"
    )


def _lightning(
    hardware: Hardware,
    device: str,
    precision: str,
    stage: StageOptions,
    plan: Plan,
    callbacks: list[Any],
) -> lightning.Trainer:
    strategy: Any = hardware.strategy
    if strategy == "auto" and hardware.processes > 1:
        # Buffers are not broadcast at every step: queues agree by construction, and each process
        # keeps its own batch statistics.
        strategy = DDPStrategy(
            process_group_backend="gloo" if device == "cpu" else "nccl", forward_sync_buffers=False
        )
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    logging.getLogger("lightning.fabric").setLevel(logging.ERROR)
    torch.set_float32_matmul_precision("high" if device == "cuda" else "highest")
    try:
        return lightning.Trainer(
            accelerator="gpu" if device == "cuda" else "cpu",
            devices=hardware.devices,
            num_nodes=hardware.nodes,
            strategy=strategy,
            precision=precision,
            max_steps=plan.total_steps,
            max_epochs=-1,
            accumulate_grad_batches=stage.accumulate,
            gradient_clip_val=stage.optimizer.clip_norm,
            sync_batchnorm=stage.sync_batch_norm,
            callbacks=callbacks,
            plugins=[SafetensorsCheckpointIO()],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            benchmark=device == "cuda",
        )
    except (ValueError, lightning.utilities.exceptions.MisconfigurationException) as error:
        raise RecipeError(
            f"Lightning refuses --devices {hardware.devices} --nodes {hardware.nodes} --strategy "
            f"{hardware.strategy}: {error}"
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


def seconds_since(start: float) -> float:
    """Return seconds since a `time.perf_counter()`, rounded for a record."""
    return round(time.perf_counter() - start, 2)
