"""Train one method on one set of images in one folder, on the engine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from asdcfer.data.splits import evenly_spaced
from asdcfer.devices import resolve_device, resolve_precision
from asdcfer.methods.method import Method
from asdcfer.progress import counter
from asdcfer.training.engine.health import Health
from asdcfer.training.engine.health_callback import HealthCallback, LabeledFaces
from asdcfer.training.engine.metrics_log import MetricsLog
from asdcfer.training.engine.plan import Plan
from asdcfer.training.engine.trainer import Workplace, fit
from asdcfer.training.pretrain.module import PretrainModule, plan_for
from asdcfer.training.pretrain.recipe import StageOptions
from asdcfer.training.pretrain.shard_stream import ShardStream


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


def train(
    method: Method,
    images: Tensor | ShardStream,
    stage: StageOptions,
    place: Workplace,
    *,
    seed: int,
    labeled: LabeledFaces | None = None,
    store: Path | None = None,
    made_from: Mapping[str, str] | None = None,
) -> TrainResult:
    """Train a method to the end of its recipe.

    Args:
        method: what is trained, in place.
        images: uint8 (N,H,W) or (N,H,W,3), all of them; they move to the training device, or are
            streamed from shards to it.
        stage: how.
        place: folder, hardware, progress, and whether to resume.
        seed: of everything random.
        labeled: faces for the online kNN.
        store: file in which the method may keep what it prepares for the next run.
        made_from: hashes of teacher and faces, for the checkpoints; whoever resumes has compared
            them by `run_directory.check_same`.

    Raises:
        TrainingError: the loss or a weight stopped being finite, or the checkpoint is of another
            run.
        DataError: fewer images than one step takes.
        KeyboardInterrupt: after Ctrl-C, once the checkpoint is written.
    """
    device = resolve_device(place.hardware.device)
    resolved = resolve_precision(stage.precision, device)
    stream = images if isinstance(images, ShardStream) else None
    plan = plan_for(stage, len(images), place.hardware.processes, stream)
    effective = effective_values(plan, stage, device, resolved.precision, resolved.reason)
    place.heard.message(_summary(place.name, effective))
    if method.moments is not None:
        place.heard.message(
            f"{place.name}: {method.moments.shared:,} of {len(images):,} faces have another moment "
            f"of their track within {method.moments.within:g} s, of which the later half of their "
            "views is made"
        )
    method.train()
    method.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch has no type
    method.to(place.hardware.own_device(device))
    # A stream answers what preparing asks of a tensor: its length, and rows of it.
    method.prepare(cast(Tensor, images), counter(place.heard, f"{place.name}: teacher"), store)
    method.fit_heads(cast(Tensor, images))
    module = PretrainModule(method, images, stage, plan, seed, made_from)
    log = MetricsLog(place.log_file, stage.log_every, place.hardware.tensorboard)
    rows = evenly_spaced(np.arange(len(images)), stage.health.images)
    watch = HealthCallback(
        log,
        images[torch.from_numpy(rows)],
        stage.health.every_epochs,
        resolved.precision,
        labeled,
        lambda: method.num_negatives(stage.batch_size),
        method.held_out_explained,
    )
    fit(module, place, log, [watch])
    health = watch.health
    if health is not None:
        place.heard.message(f"{place.name}: {health.verdict}: {'; '.join(health.reasons)}")
    projector = method.projector
    return TrainResult(
        module.exported_encoder.to("cpu").eval(),
        None if projector is None else projector.to("cpu").eval(),
        effective,
        health,
        log.elapsed(),
        log.last,
    )


def effective_values(
    plan: Plan, stage: StageOptions, device: str, precision: str, reason: str
) -> dict[str, Any]:
    """Return what the recipe's relative and automatic values came to."""
    return {
        **asdict(plan),
        "written_learning_rate": stage.optimizer.learning_rate,
        "device": device,
        "precision": precision,
        "precision_reason": reason,
        "threads": torch.get_num_threads(),
    }


def _summary(name: str, effective: dict[str, Any]) -> str:
    return (
        f"{name}: {effective['images']:,} images, {effective['images_per_step']} a step, "
        f"{effective['steps_per_epoch']} steps an epoch, "
        f"{effective['total_steps']:,} steps; effective learning rate "
        f"{effective['learning_rate']:.6g} (recipe: {effective['written_learning_rate']:.6g}); "
        f"{effective['precision']} on {effective['device']} ({effective['precision_reason']})"
    )
