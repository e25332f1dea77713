"""The loop of fine-tuning: epochs of lessons, each measured on the validation split; the best
epoch's averaged weights are kept.
"""

import csv
import io
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.augmentation.resolution import resolution_at
from asdcfer.data.pack import Pack
from asdcfer.errors import TrainingError
from asdcfer.files import atomic_write
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.ema import MomentumEncoder
from asdcfer.training.engine.schedule import learning_rate_at
from asdcfer.training.finetune.objectives import SupervisedObjective
from asdcfer.training.finetune.options import FinetuneOptions, build_optimizer
from asdcfer.training.finetune.state import read_facts, restore_state, save_state

STATE, LOG = "checkpoint.safetensors", "metrics.csv"


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave, for the progress bar and the log."""

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    likelihood: float
    learning_rate: float
    images_per_second: float
    seconds: float
    believed: float | None = None


def run_epochs(
    model: ExpressionModel,
    average: MomentumEncoder,
    objective: SupervisedObjective,
    options: FinetuneOptions,
    folder: Path,
    about: dict[str, Any],
    resume: bool,
    progress: Callable[[int, int], None] | None,
    told: Callable[[Epoch], None] | None,
) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:
    """Train to the end and return the tensors of the best epoch, and the log; with no epoch, what
    there is at the start.

    Args:
        model: what learns.
        average: follows it; measured and kept.
        objective: what a step learns from.
        options: how.
        folder: gets the state and the log.
        about: what the state must be about to be taken up: options, source, pack and numbers of
            images.
        resume: take up the state in the folder, where there is one.
        progress, told: as in `finetune`.

    Raises:
        TrainingError: the loss stops being finite, or the state is of another run.
    """
    optimizer = build_optimizer(model, options)
    own = model.encoder.preprocessing.size
    total, warmup = objective.steps * options.epochs, round(options.warmup_epochs * objective.steps)
    best, history = {}, []
    state = folder / STATE
    modules = {"model": model, "average": average} | (
        {} if objective.memory is None else {"memory": objective.memory}
    )
    if resume and state.is_file():
        facts = read_facts(state)
        different = [
            key
            for key in sorted({*about, *facts["about"]})
            if facts["about"].get(key) != about.get(key)
            and not (key == "options" and _same(facts["about"], options))
        ]
        if different:
            raise TrainingError(
                f"{state} is of a run with other {', '.join(different)}; use the same, another "
                "--out, or start over without --resume"
            )
        best, history = restore_state(state, modules, optimizer), facts["history"]
    if not options.epochs:
        return average.network.state_dict(), [{"epoch": 0, **_chosen(average, objective)}]
    for epoch in range(len(history), options.epochs):
        start, losses = time.perf_counter(), []
        objective.begin(epoch)
        model.train()
        for step in range(objective.steps):
            done = epoch * objective.steps + step
            share = learning_rate_at(done, total, warmup, 1.0)
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share
            loss = objective.loss(step, resolution_at(done / total, options.resolution, own))
            if loss is None:
                continue
            if not math.isfinite(loss.item()):
                kept = (
                    f"the state after epoch {epoch} is kept in {state}"
                    if history
                    else "there is no checkpoint of this run yet"
                )
                raise TrainingError(
                    f"the loss stopped being finite at step {done + 1}, in epoch {epoch + 1} "
                    f"(learning rate {options.peak * share:.4g}); {kept}; "
                    f"lower learning_rate (it was {options.peak:g}), lengthen warmup_epochs, or "
                    "set precision=32"
                )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if options.clip_norm:
                torch.nn.utils.clip_grad_norm_(model.parameters(), options.clip_norm)
            optimizer.step()
            losses.append(loss.detach())
            # A short memory at first: the average must not remember the start.
            average.update(model, min(options.ema, (1 + done) / (10 + done)))
            if progress:
                progress(objective.images_seen(step), objective.images)
        loss = float(torch.stack(losses).double().mean())
        seconds = time.perf_counter() - start
        row = {
            "step": (epoch + 1) * objective.steps,
            "epoch": epoch + 1,
            "seconds": round(seconds, 3),
            "images_per_second": round(objective.images / seconds, 1),
            "learning_rate": learning_rate_at(epoch * objective.steps, total, warmup, options.peak),
            "loss": loss,
            **_chosen(average, objective),
            **objective.logged(),
        }
        if not history or (row["accuracy"], row["likelihood"]) > max(
            (r["accuracy"], r["likelihood"]) for r in history
        ):
            best = {
                key: tensor.detach().cpu().clone()
                for key, tensor in average.network.state_dict().items()
            }
        history.append(row)
        save_state(state, modules, optimizer, best, {"about": about, "history": history})
        _write_log(folder / LOG, history)
        if told:
            facts = {
                key: row[key]
                for key in (
                    "loss",
                    "accuracy",
                    "likelihood",
                    "learning_rate",
                    "images_per_second",
                    "seconds",
                )
            }
            told(Epoch(epoch + 1, options.epochs, believed=row.get("believed"), **facts))
    return best, history


def _chosen(average: MomentumEncoder, objective: SupervisedObjective) -> dict[str, float]:
    """Return accuracy and likelihood of the averaged weights on the validation split."""
    logits = torch.from_numpy(
        logits_of(average.network, objective.pack, objective.task.validation, bf16=objective.bf16)
    ).double()
    truth = objective.labels[objective.task.validation]
    return {
        "accuracy": float((logits.argmax(1) == truth).double().mean()),
        "likelihood": -float(F.cross_entropy(logits, truth)),
    }


def _same(about: dict[str, Any], options: FinetuneOptions) -> bool:
    """Whether a state was made with these options; one that is older than an option was made with
    its default.
    """
    try:
        return FinetuneOptions.model_validate(about["options"]) == options
    except (KeyError, ValueError):
        return False


def logits_of(
    model: ExpressionModel, pack: Pack, rows: np.ndarray, hflip: bool = False, bf16: bool = False
) -> np.ndarray:
    """Return float32 (N,C) of a model in evaluation mode; in bfloat16, less than half the time, to
    compare epochs only.
    """
    device, parts = model.classifier.linear.weight.device, []
    model.eval()
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for start in range(0, len(rows), 256):
            x = model.encoder.preprocessing.batch(
                np.asarray(pack.images[rows[start : start + 256]])
            )
            x = x.to(device, memory_format=torch.channels_last)
            parts.append(model.logits(x.flip(-1) if hflip else x).float().cpu().numpy())
    return np.concatenate(parts)


def _write_log(path: Path, history: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(
        {key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()}
        for row in history
    )
    with atomic_write(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")
