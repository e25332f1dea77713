"""Fine-tuning: an encoder and a classifier trained together on labels; the epoch is chosen on
PublicTest.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task, task_of
from asdcfer.devices import resolve_device
from asdcfer.errors import WeightsError
from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.evaluation.evaluate_model import evaluate_model, for_card
from asdcfer.evaluation.metrics import write_result
from asdcfer.evaluation.probes.features import pack_hash
from asdcfer.evaluation.probes.few_labels import draw_labels
from asdcfer.evaluation.probes.run import file_name
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.ema import MomentumEncoder
from asdcfer.models.encoder import Encoder
from asdcfer.models.registry import at_side
from asdcfer.models.weights import load_model, save_model, weights_hash
from asdcfer.provenance import commit
from asdcfer.training.finetune.distilled_targets import distilled_targets
from asdcfer.training.finetune.linear_init import linear_init
from asdcfer.training.finetune.loop import STATE, Epoch, logits_of, run_epochs
from asdcfer.training.finetune.objectives import SupervisedObjective
from asdcfer.training.finetune.options import FinetuneOptions, wants_bf16
from asdcfer.training.finetune.semi_supervised import (
    SemiSupervisedObjective,
    only_known,
    unlabeled_rows,
)

MODEL = "model"


def finetune(
    encoder: Encoder,
    pack: Pack,
    out: str | os.PathLike[str],
    options: FinetuneOptions | None = None,
    *,
    task: Task | None = None,
    device: str = "auto",
    begun: ExpressionModel | None = None,
    teachers: Sequence[ExpressionModel] = (),
    resume: bool = False,
    float16: bool = False,
    votes: str | os.PathLike[str] | None = None,
    recipe: str | None = None,
    card: dict[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
    told: Callable[[Epoch], None] | None = None,
) -> list[dict[str, Any]]:
    """Train an encoder and a classifier on the labels of the training split, and measure what was
    saved.

    With `options.unlabeled`, the training images whose label is not known, or was not drawn, take
    part without it; see `semi_supervised`.

    The epoch is the one whose averaged weights are best on PublicTest; the temperature is fitted
    there; PrivateTest is touched once, with the file that was written. A run that was interrupted
    continues with `resume` at the epoch it was in and gives the same weights.

    Args:
        encoder: where to start; it is trained in place.
        pack: labeled.
        out: folder: model.safetensors and model.json, metrics.csv, checkpoint.safetensors,
            probes/*.json.
        options: how.
        task: rows and labels; by default what the pack's splits say.
        device: "auto", "cpu" or "cuda"; "auto" takes a GPU where there is one.
        begun: the fine-tuned model that `encoder` is of, whose classifier is trained further where
            `options.classifier_start` is "own".
        teachers: fine-tuned models whose opinion of the training faces becomes part of the labels,
            see `distilled_targets`.
        resume: continue; without it an earlier state in `out` is replaced.
        float16: save the weights in 16 bits; what is measured is what was saved.
        votes: FER+ votes to join, to report FER+ as well.
        recipe, card: go into the card.
        progress: called with (images done in this epoch, images in an epoch).
        told: called after every epoch.

    Returns:
        The results on PrivateTest, the union, and FER+ where known.

    Raises:
        RecipeError: CUDA was asked for and is not there.
        WeightsError: there is no classifier to go on from, or it or a teacher knows other
            expressions.
        DataError: the pack is unlabeled or lacks a split.
        TrainingError: the loss stops being finite, or the state in `out` is of another run.

    Example:
        >>> import tempfile
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> pack = sample_pack()
        >>> few = task_of(pack).with_train(pack.rows("train")[::10])
        >>> results = finetune(encoder, pack, tempfile.mkdtemp(), FinetuneOptions(epochs=1, batch_size=50), task=few, device="cpu")
        >>> [(value["kind"], value["evaluated_on"]) for value in results][:2]
        [('finetune', 'private'), ('finetune', 'union')]
    """
    options = options or FinetuneOptions()
    folder, start, where = Path(out), time.perf_counter(), torch.device(resolve_device(device))
    task = task or task_of(pack)
    if options.labels_per_class is not None:
        task = task.with_train(
            draw_labels(
                task.labels, task.train, per_class=options.labels_per_class, seed=options.seed
            )
        )
    if options.classifier_start == "own":
        _check_begun(begun, encoder, task)
    unlabeled = unlabeled_rows(pack, task) if options.unlabeled else np.zeros(0, np.int64)
    # From here on no other label can be read.
    task = only_known(task)
    source = weights_hash(encoder)
    encoder = encoder if options.side is None else at_side(encoder, options.side)
    about = {
        "options": options.model_dump(mode="json"),
        "source": source,
        "pack": pack_hash(pack),
        "images": len(task.train),
    }
    if options.unlabeled:
        about["unlabeled"] = len(unlabeled)
    if teachers:
        about["teachers"] = [weights_hash(teacher) for teacher in teachers]
    torch.manual_seed(options.seed)
    model = ExpressionModel(
        encoder,
        Classifier(encoder.feature_dim, len(task.expressions), options.dropout),
        task.expressions,
    )
    model = model.to(where, memory_format=torch.channels_last)
    bf16 = wants_bf16(options.precision, where)
    resumed = resume and (folder / STATE).is_file()
    probed = None
    if not resumed and (
        options.classifier_start == "probe"
        or (
            options.unlabeled
            and (options.starting_labels != "none" or options.alignment == "estimated")
        )
    ):
        probed = linear_init(
            encoder,
            pack,
            task,
            unlabeled,
            estimate=options.alignment == "estimated",
            smooth=options.starting_labels == "propagated",
            bf16=bf16,
        )
        if options.classifier_start == "probe":
            model.classifier.linear.weight.data.copy_(probed.weight.T)
            model.classifier.linear.bias.data.copy_(probed.bias)
    if options.classifier_start == "own":
        model.classifier.load_state_dict(begun.classifier.state_dict())
        about["classifier"] = weights_hash(begun.classifier)
    average = MomentumEncoder(model)
    average.eval()
    targets = None
    if teachers:
        targets = distilled_targets(
            [teacher.to(where) for teacher in teachers],
            pack,
            task,
            options.teacher_weight,
            options.teacher_temperature,
            bf16,
        )
    if options.unlabeled:
        objective: SupervisedObjective = SemiSupervisedObjective(
            model, pack, task, options, bf16, average, unlabeled, targets
        )
        if probed is not None:
            objective.memory.begin(
                probed.prior, probed.labels if options.starting_labels != "none" else None
            )
    else:
        objective = SupervisedObjective(model, pack, task, options, bf16, targets)
    best, history = run_epochs(
        model, average, objective, options, folder, about, resume, progress, told
    )

    model.load_state_dict(best)
    model.eval()
    # What is told of a run are the values that it used; a state compares those that were given.
    effective = options.effective(where).model_dump(mode="json")
    logits, mirrored = (
        logits_of(model, pack, task.validation),
        logits_of(model, pack, task.validation, hflip=True) if options.tta else None,
    )
    model.temperature = fit_temperature(logits, task.labels[task.validation], mirrored)
    chosen = max(history, key=lambda row: (row["accuracy"], row["likelihood"]))
    facts = {
        **(card or {}),
        "recipe": recipe,
        "seed": options.seed,
        "commit": commit(),
        "finetune": effective,
        "started_from": source,
        "data": {
            "source": pack.info.get("source"),
            "pack": about["pack"],
            "training_images": len(task.train),
            "unlabeled_images": len(unlabeled),
        },
        "tta": options.tta,
        "epoch": chosen["epoch"],
        "chosen_on": task.validation_name,
        **({"teachers": about["teachers"]} if teachers else {}),
    }
    path = save_model(folder / MODEL, model.cpu(), facts, float16)
    saved = load_model(path)
    labels = f"{len(task.train):,} labeled training images" + (
        f" ({options.labels_per_class} of each expression)" if options.labels_per_class else ""
    )
    if teachers:
        labels += (
            f" softened by {len(teachers)} fine-tuned teacher{'s' if len(teachers) > 1 else ''}"
        )
    if options.unlabeled:
        labels += f" and {len(unlabeled):,} training images without their labels"
    trained = (
        "encoder and classifier fine-tuned on"
        if options.epochs
        else "encoder frozen, its classifier fitted to"
    )
    results = evaluate_model(
        saved,
        pack,
        tta=options.tta,
        votes=votes,
        kind="finetune",
        recipe=recipe,
        seed=options.seed,
        chosen_on=task.validation_name,
        protocol=(
            f"{trained} {labels}, one model; {'epoch' if options.epochs else 'penalty'} and "
            f"temperature chosen on {task.validation_name}"
        ),
        hyperparameters={**effective, "epoch": chosen["epoch"], "temperature": saved.temperature},
        training_images=len(task.train),
        unlabeled_images=len(unlabeled),
        started_from=source,
    )
    for value in results:
        value["seconds"] = round(time.perf_counter() - start, 3)
        write_result(folder / "probes" / f"{file_name(value)}.json", value)
    save_model(folder / MODEL, saved, {**facts, "results": for_card(results)}, float16)
    return results


def _check_begun(begun: ExpressionModel | None, encoder: Encoder, task: Task) -> None:
    """Refuse to go on from a classifier that is not there, or that answers for something else."""
    if begun is None:
        raise WeightsError(
            "classifier_start=own goes on from a fine-tuned model, and these weights are an "
            "encoder's alone; use classifier_start=probe"
        )
    if begun.expressions != tuple(task.expressions):
        raise WeightsError(
            f"the model knows the expressions {', '.join(begun.expressions)}; the faces are "
            f"labeled {', '.join(task.expressions)}; use classifier_start=probe"
        )
    if begun.classifier.linear.in_features != encoder.feature_dim:
        raise WeightsError(
            f"the model's classifier takes {begun.classifier.linear.in_features} numbers and this "
            f"pooling gives {encoder.feature_dim}; "
            "leave the pooling as it is, or use classifier_start=probe"
        )
