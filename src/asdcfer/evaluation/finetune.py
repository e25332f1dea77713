"""Fine-tuning: an encoder and a classifier trained together on labels; the epoch is chosen on PublicTest."""

import csv
import io
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.data.pack import Pack
from asdcfer.data.resolution import resolution_at
from asdcfer.data.views import ViewMaker
from asdcfer.encoders.contract import Encoder
from asdcfer.encoders.weights import load_model, save_model, weights_hash
from asdcfer.errors import TrainingError
from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.evaluation.features import pack_hash
from asdcfer.evaluation.finetune_options import FinetuneOptions, build_optimiser, rate_at, wants_bf16
from asdcfer.evaluation.finetune_state import read_facts, restore_state, save_state
from asdcfer.evaluation.fractions import draw_labels
from asdcfer.evaluation.measure import for_card, measure
from asdcfer.evaluation.metrics import write_result
from asdcfer.evaluation.mixing import mixed
from asdcfer.evaluation.provenance import commit
from asdcfer.evaluation.splits import Task, task_of
from asdcfer.evaluation.suite import file_name
from asdcfer.files import written_whole
from asdcfer.heads.classifier import Classifier, ExpressionModel
from asdcfer.momentum import MomentumEncoder

MODEL, STATE, LOG = "model", "checkpoint.safetensors", "metrics.csv"


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


def finetune(
    encoder: Encoder, pack: Pack, out: str | os.PathLike[str], options: FinetuneOptions | None = None, *, task: Task | None = None, device: str = "auto",
    resume: bool = False, float16: bool = False, votes: str | os.PathLike[str] | None = None, recipe: str | None = None, card: dict[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None, told: Callable[[Epoch], None] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Train an encoder and a classifier on the labels of the training split, and measure what was saved.

    The epoch is the one whose averaged weights are best on PublicTest; the temperature is fitted there; PrivateTest is touched once, with the file that was
    written. A run that was interrupted continues with `resume` at the epoch it was in and gives the same weights.

    Args:
        encoder: where to start; it is trained in place.
        pack: labelled.
        out: folder: model.safetensors and model.json, metrics.csv, checkpoint.safetensors, probes/*.json.
        options: how.
        task: rows and labels; by default what the pack's splits say.
        device: "auto" takes a GPU where there is one.
        resume: continue; without it an earlier state in `out` is replaced.
        float16: save the weights in 16 bits; what is measured is what was saved.
        votes: FER+ votes to join, to report FER+ as well.
        recipe, card: go into the card.
        progress: called with (images done in this epoch, images in an epoch).
        told: called after every epoch.

    Returns:
        The results on PrivateTest, the union, and FER+ where known.

    Raises:
        DataError: the pack is unlabelled or lacks a split.
        TrainingError: the loss stops being finite, or the state in `out` is of another run.
    """
    options = options or FinetuneOptions()
    folder, start = Path(out), time.perf_counter()
    task = task or task_of(pack)
    if options.labels_per_class is not None:
        task = task.with_train(draw_labels(task.labels, task.train, per_class=options.labels_per_class, seed=options.seed))
    source = weights_hash(encoder)
    about = {"options": options.model_dump(mode="json"), "source": source, "pack": pack_hash(pack), "images": len(task.train)}
    torch.manual_seed(options.seed)
    where = torch.device("cuda" if device == "auto" and torch.cuda.is_available() else "cpu" if device == "auto" else device)
    model = ExpressionModel(encoder, Classifier(encoder.feature_dim, len(task.expressions), options.dropout), task.expressions)
    model = model.to(where, memory_format=torch.channels_last)
    best, history = _train(model, pack, task, options, folder, about, resume, progress, told)

    model.load_state_dict(best)
    model.eval()
    logits, mirrored = _logits(model, pack, task.choose), _logits(model, pack, task.choose, mirror=True) if options.test_flip else None
    model.temperature = fit_temperature(logits, task.labels[task.choose], mirrored)
    chosen = max(history, key=lambda row: (row["accuracy"], row["likelihood"]))
    facts = {
        **(card or {}), "recipe": recipe, "seed": options.seed, "commit": commit(), "finetune": options.model_dump(mode="json"), "started_from": source,
        "data": {"source": pack.info.get("source"), "pack": about["pack"], "training_images": len(task.train)}, "flip": options.test_flip,
        "epoch": chosen["epoch"], "chosen_on": task.choose_name,
    }  # fmt: skip
    path = save_model(folder / MODEL, model.cpu(), facts, float16)
    saved = load_model(path)
    labels = f"{len(task.train):,} labelled training images" + (f" ({options.labels_per_class} of each expression)" if options.labels_per_class else "")
    results = measure(
        saved, pack, flip=options.test_flip, votes=votes, kind="finetune", recipe=recipe, seed=options.seed, chosen_on=task.choose_name,
        protocol=f"encoder and classifier fine-tuned on {labels}, one model; epoch and temperature chosen on {task.choose_name}",
        hyperparameters={**options.model_dump(mode="json"), "epoch": chosen["epoch"], "temperature": saved.temperature}, training_images=len(task.train),
        started_from=source,
    )  # fmt: skip
    for value in results:
        value["seconds"] = round(time.perf_counter() - start, 3)
        write_result(folder / "probes" / f"{file_name(value)}.json", value)
    save_model(folder / MODEL, saved, {**facts, "results": for_card(results)}, float16)
    return results


def _train(
    model: ExpressionModel, pack: Pack, task: Task, options: FinetuneOptions, folder: Path, about: dict[str, Any], resume: bool,
    progress: Callable[[int, int], None] | None, told: Callable[[Epoch], None] | None,
) -> tuple[dict[str, Tensor], list[dict[str, Any]]]:  # fmt: skip
    """Train to the end and return the tensors of the best epoch, and the log."""
    device = model.classifier.linear.weight.device
    optimiser, average = build_optimiser(model, options), MomentumEncoder(model)
    average.eval()
    bf16 = wants_bf16(options.precision, device)
    own = model.encoder.preprocessing.size
    makers = {side: ViewMaker(options.views(side)) for side in {own, *(side for _, side in options.resolution)}}
    steps_per_epoch = math.ceil(len(task.train) / options.batch_size)
    total, warmup = steps_per_epoch * options.epochs, round(options.warmup_epochs * steps_per_epoch)
    labels = torch.from_numpy(task.labels)
    best, history, first = {}, [], 0
    state = folder / STATE
    if resume and state.is_file():
        facts = read_facts(state)
        different = [key for key in about if facts["about"].get(key) != about[key] and not (key == "options" and _same(facts["about"], options))]
        if different:
            raise TrainingError(f"{state} is of a run with other {', '.join(different)}; use the same, another --out, or start over without --resume")
        best = restore_state(state, {"model": model, "average": average}, optimiser)
        history, first = facts["history"], len(facts["history"])
    for epoch in range(first, options.epochs):
        start, losses = time.perf_counter(), []
        generator = torch.Generator().manual_seed(options.seed * 100_003 + epoch)
        torch.manual_seed(options.seed * 100_003 + epoch)
        rng = np.random.default_rng([options.seed, epoch])
        order = torch.randperm(len(task.train), generator=generator).numpy()
        model.train()
        for step in range(steps_per_epoch):
            rows = np.sort(task.train[order[step * options.batch_size : (step + 1) * options.batch_size]])
            if len(rows) < 2:
                continue
            done = epoch * steps_per_epoch + step
            share = rate_at(done, total, warmup)
            views = makers[resolution_at(done / total, options.resolution, own)]
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * share
            losses.append(_step(model, optimiser, views, pack, rows, labels[rows], options, generator, rng, bf16))
            # A short memory at first: the average must not remember the start.
            average.update(model, min(options.ema, (1 + done) / (10 + done)))
            if progress:
                progress(min(len(order), (step + 1) * options.batch_size), len(order))
        loss = float(np.mean(losses))
        if not math.isfinite(loss):
            raise TrainingError(f"the loss stopped being finite in epoch {epoch + 1}; lower the learning rate (it was {options.peak}); the state before it is kept")
        seconds = time.perf_counter() - start
        logits = torch.from_numpy(_logits(average.network, pack, task.choose, bf16=bf16)).double()
        truth = labels[task.choose]
        accuracy = float((logits.argmax(1) == truth).double().mean())
        row = {
            "step": (epoch + 1) * steps_per_epoch, "epoch": epoch + 1, "seconds": round(seconds, 3), "images_per_second": round(len(order) / seconds, 1),
            "learning_rate": options.peak * rate_at(epoch * steps_per_epoch, total, warmup), "loss": loss, "accuracy": accuracy,
            "likelihood": -float(F.cross_entropy(logits, truth)),
        }  # fmt: skip
        if not history or (accuracy, row["likelihood"]) > max((r["accuracy"], r["likelihood"]) for r in history):
            best = {key: tensor.detach().cpu().clone() for key, tensor in average.network.state_dict().items()}
        history.append(row)
        save_state(state, {"model": model, "average": average}, optimiser, best, {"about": about, "history": history})
        _write_log(folder / LOG, history)
        if told:
            told(Epoch(epoch + 1, options.epochs, loss, accuracy, row["likelihood"], row["learning_rate"], row["images_per_second"], seconds))
    return best, history


def _same(about: dict[str, Any], options: FinetuneOptions) -> bool:
    """Whether a state was made with these options; one that is older than an option was made with its default."""
    try:
        return FinetuneOptions.model_validate(about["options"]) == options
    except (KeyError, ValueError):
        return False


def _step(
    model: ExpressionModel, optimiser: torch.optim.Optimizer, views: ViewMaker, pack: Pack, rows: np.ndarray, labels: Tensor, options: FinetuneOptions,
    generator: torch.Generator, rng: np.random.Generator, bf16: bool,
) -> float:  # fmt: skip
    device = model.classifier.linear.weight.device
    images = torch.from_numpy(np.array(pack.images[rows])).to(device)
    x = views(images, model.encoder.preprocessing, generator).crops[0]
    target = F.one_hot(labels.to(device), len(model.expressions)).float()
    x, target = mixed(x, target, rng, options.mixup, options.cutmix, options.cutmix_share)
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        logits = model.logits(x.contiguous(memory_format=torch.channels_last))
    loss = F.cross_entropy(logits.float(), target, label_smoothing=options.label_smoothing)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    if options.clip_norm:
        torch.nn.utils.clip_grad_norm_(model.parameters(), options.clip_norm)
    optimiser.step()
    return float(loss.detach())


def _logits(model: ExpressionModel, pack: Pack, rows: np.ndarray, mirror: bool = False, bf16: bool = False) -> np.ndarray:
    """Return float32 (N,C) of a model in evaluation mode; in bfloat16, less than half the time, to compare epochs only."""
    device, parts = model.classifier.linear.weight.device, []
    model.eval()
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for start in range(0, len(rows), 256):
            x = model.encoder.preprocessing.batch(np.asarray(pack.images[rows[start : start + 256]]))
            x = x.to(device, memory_format=torch.channels_last)
            parts.append(model.logits(x.flip(-1) if mirror else x).float().cpu().numpy())
    return np.concatenate(parts)


def _write_log(path: Path, history: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    table.writeheader()
    table.writerows({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()} for row in history)
    with written_whole(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")
