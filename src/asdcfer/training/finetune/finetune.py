"""Fine-tune an encoder and a classifier on labels; the validation split chooses the epoch."""

import time
from pathlib import Path
from typing import Any

from asdcfer.data.pack import Pack
from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.evaluation.card_results import card_entries
from asdcfer.evaluation.evaluate_model import EvaluationContext, evaluate_model
from asdcfer.evaluation.probes.features import pack_hash
from asdcfer.evaluation.result import Result, write_result
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_model, save_model
from asdcfer.provenance import commit
from asdcfer.training.engine.hardware import is_first_process
from asdcfer.training.engine.trainer import CHECKPOINTS, Workplace
from asdcfer.training.finetune.context import FinetuneContext
from asdcfer.training.finetune.finetuning_run import FinetuningRun
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.training.finetune.predictions import logits_of

MODEL = "model"
STATE = CHECKPOINTS
"""What an unfinished fine-tuning leaves in its folder."""


def finetune(
    encoder: Encoder,
    pack: Pack,
    place: Workplace,
    options: FinetuneOptions | None = None,
    context: FinetuneContext | None = None,
) -> list[Result]:
    """Train an encoder and a classifier on the training labels, and measure what was saved.

    With `options.unlabeled`, the training images whose label is not known, or was not drawn, take
    part without it; see `semi_supervised`.

    The epoch is the one whose averaged weights are best on the validation split (PublicTest); the
    temperature is fitted there; the test split (PrivateTest) is touched once, with the file that
    was written. A run that was interrupted continues with `place.resume` at the step it was in and
    gives the same weights.

    Args:
        encoder: where to start; it is trained in place.
        pack: labeled.
        place: hardware, progress, whether to resume, and the folder: model.safetensors and
            model.json, metrics.csv, checkpoint/, probes/*.json.
        options: how.
        context: what else there is to know.

    Returns:
        The results on the test split, and the union of FER-2013 and FER+ where known; none in
        processes other than the first.

    Raises:
        RecipeError: CUDA was asked for and is not there, or unlabeled images are to be learnt from
            in several processes.
        WeightsError: there is no classifier to go on from, or it or a teacher knows other
            expressions.
        DataError: the pack is unlabeled or lacks a split.
        TrainingError: the loss stops being finite, or the checkpoint in the folder is of another
            run.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.data.splits import task_of
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> from asdcfer.training.engine.hardware import Hardware
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> pack = sample_pack()
        >>> few = FinetuneContext(task=task_of(pack).with_train(pack.rows("train")[::10]))
        >>> place = Workplace(Path(tempfile.mkdtemp()), hardware=Hardware("cpu"))
        >>> results = finetune(encoder, pack, place, FinetuneOptions(epochs=1, batch_size=50), few)
        >>> [(value.kind, value.evaluated_on) for value in results][:2]
        [('finetune', 'private'), ('finetune', 'union')]
    """
    start = time.perf_counter()
    run = FinetuningRun(
        encoder, pack, place, options or FinetuneOptions(), context or FinetuneContext()
    )
    model, epoch = run.trained()
    if not is_first_process():
        return []
    results = [
        result.model_copy(update={"seconds": round(time.perf_counter() - start, 3)})
        for result in _measured(run, model, epoch)
    ]
    for result in results:
        write_result(place.folder / "probes" / f"{result.file_name}.json", result)
    _save(run, model, epoch, results)
    return results


def _measured(run: FinetuningRun, model: ExpressionModel, epoch: int) -> list[Result]:
    """Fit the temperature, save the model, and measure what was saved."""
    options, task = run.options, run.task
    model.eval()
    mirrored = logits_of(model, run.pack, task.validation, hflip=True) if options.tta else None
    model.temperature = fit_temperature(
        logits_of(model, run.pack, task.validation), task.labels[task.validation], mirrored
    )
    _save(run, model, epoch)
    saved = load_model(run.place.folder / MODEL)
    measured = EvaluationContext(
        model=saved,
        pack=run.pack,
        tta=options.tta,
        votes=None if run.context.votes is None else Path(run.context.votes),
        recipe=run.context.recipe,
        seed=options.seed,
    )
    facts = {
        "kind": "finetune",
        "hyperparameters": {
            **_effective(run),
            "epoch": epoch,
            "temperature": saved.temperature,
        },
        "training_images": len(task.train),
        "unlabeled_images": len(run.unlabeled),
        "started_from": run.source,
    }
    return [
        result.model_copy(
            update={
                **facts,
                "protocol": result.protocol.model_copy(update=_protocol_facts(run)),
            }
        )
        for result in evaluate_model(measured)
    ]


def _save(
    run: FinetuningRun, model: ExpressionModel, epoch: int, results: list[Result] | None = None
) -> None:
    """Write the model and its card, with results once there are some."""
    facts = {
        **(run.context.card or {}),
        "recipe": run.context.recipe,
        "seed": run.options.seed,
        "commit": commit(),
        "finetune": _effective(run),
        "started_from": run.source,
        "data": {
            "source": run.pack.info.get("source"),
            "pack": pack_hash(run.pack),
            "training_images": len(run.task.train),
            "unlabeled_images": len(run.unlabeled),
        },
        "tta": run.options.tta,
        "epoch": epoch,
        "chosen_on": run.task.validation_name,
        **({"teachers": run.teachers} if run.teachers else {}),
        **({} if results is None else {"results": card_entries(results)}),
    }
    save_model(run.place.folder / MODEL, model.cpu(), facts, run.context.float16)


def _effective(run: FinetuningRun) -> dict[str, Any]:
    # What is told of a run are the values that it used; a checkpoint holds those that were given.
    return run.options.effective(run.device).model_dump(mode="json")


def _protocol_facts(run: FinetuningRun) -> dict[str, Any]:
    """Return what the protocol says of how the model was made and chosen."""
    options, few = run.options, run.options.labels_per_class
    labels = f"{len(run.task.train):,} labeled training images"
    if few:
        labels += f" ({few} of each expression)"
    if run.teachers:
        several = "s" if len(run.teachers) > 1 else ""
        labels += f" softened by {len(run.teachers)} fine-tuned teacher{several}"
    if options.unlabeled:
        labels += f" and {len(run.unlabeled):,} training images without their labels"
    trained = (
        "encoder and classifier fine-tuned on"
        if options.epochs
        else "encoder frozen, its classifier fitted to"
    )
    return {
        "frozen": not options.epochs,
        "trained_on": f"{trained} {labels}, one model",
        "chosen": f"{'epoch' if options.epochs else 'penalty'} and temperature",
        "chosen_on": run.task.validation_name,
    }
