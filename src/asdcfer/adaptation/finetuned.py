"""Fine-tuning by folds: models that learn from some labels, and from faces without any."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from asdcfer.adaptation.fold_task import FoldTask, fold_task
from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.adaptation.part_progress import PartProgress
from asdcfer.data.pack import Pack
from asdcfer.data.splits import evenly_spaced
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.weights import load_model
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.finetune.context import FinetuneContext
from asdcfer.training.finetune.finetune import MODEL, finetune
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.training.finetune.predictions import logits_of

PASS = 5.0
"""An image that is learnt from takes about so many times what it takes to look at it."""
EPOCHS = (10, 60)
"""Fewest and most passes over labeled faces that are worth a fine-tuning."""
FEWEST_UNLABELED, MOST_PASSES = 500, 4
"""Unlabeled faces that are worth a semi-supervised training, and passes over them."""

Start = Callable[[np.ndarray], ExpressionModel]
"""Gives the model to begin with, whose head may learn from these places among the labels."""


@dataclass(frozen=True)
class FinetunePlan:
    """One way to fine-tune.

    Attributes:
        options: of each training.
        unlabeled: rows that take part without label.
    """

    options: FinetuneOptions
    unlabeled: np.ndarray


def supervised_plan(
    labels: int, seconds: float, look: float, fits: int, whole: bool = False
) -> FinetunePlan | None:
    """Return how to learn from labels alone within a time; None where that is too short.

    Args:
        labels: how many.
        seconds: for all trainings together.
        look: seconds that the encoder takes for a face.
        fits: how many trainings.
        whole: as many passes as are worth it, whatever they take.

    Example:
        >>> plan = supervised_plan(175, 60.0, 0.001, 6)
        >>> plan.options.epochs, supervised_plan(175, 1.0, 0.001, 6) is None
        (11, True)
    """
    epochs = EPOCHS[1] if whole else int(seconds / fits / (labels * PASS * look))
    if epochs < EPOCHS[0]:
        return None
    options = _options(labels, min(EPOCHS[1], epochs))
    return FinetunePlan(options, np.zeros(0, np.int64))


def semi_supervised_plan(
    labels: int,
    unlabeled: np.ndarray,
    seconds: float,
    look: float,
    fits: int,
    passes: int | None = None,
) -> FinetunePlan | None:
    """Return how to learn from labels and unlabeled faces; None where time or faces are too few.

    Args:
        labels: how many.
        unlabeled: rows without label.
        seconds: for all trainings together.
        look: seconds that the encoder takes for a face.
        fits: how many trainings.
        passes: over all the unlabeled faces, whatever they take; None is what the time allows.
    """
    # Beside each unlabeled face, which is also looked at, half a labeled one is learnt from.
    faces = int(seconds / fits / (1.5 * PASS * look + look))
    rows = unlabeled if passes else evenly_spaced(unlabeled, max(1, faces))
    if len(rows) < FEWEST_UNLABELED:
        return None
    epochs = passes or max(1, min(MOST_PASSES, faces // len(rows)))
    semi = {"unlabeled": True, "starting_labels": "none", "alignment": "labeled"}
    return FinetunePlan(_options(labels, epochs).model_copy(update=semi), rows)


def cross_validated_finetuning(
    pack: Pack,
    given: GivenLabels,
    folds: np.ndarray,
    plan: FinetunePlan,
    start: Start,
    place: Workplace,
) -> tuple[np.ndarray, Path]:
    """Return what fine-tuned models say of faces that they did not learn from, and the kept model.

    A training that is finished is read again; one that was interrupted goes on.

    Args:
        pack: the faces.
        given: their labels.
        folds: int (N,), fold of each labeled face.
        plan: how.
        start: gives the model that each training begins with.
        place: folder, hardware, progress.

    Returns:
        Logits float32 (N,C), and the folder of the model that learnt from all folds but one.
    """
    out = np.zeros((len(given.rows), len(given.names)), np.float32)
    for fold in (*np.unique(folds).tolist(), None):
        one = fold_task(pack, given, folds, fold, plan.unlabeled)
        folder = place.folder / ("kept" if fold is None else f"fold{fold}")
        which = "all labels" if fold is None else f"fold {fold + 1} of {int(folds.max()) + 1}"
        part = PartProgress(place.progress, f"{place.name}, {which}")
        model = _trained(one, given, plan, start, replace(place, folder=folder, progress=part))
        if fold is not None:
            out[one.places] = logits_of(model, one.pack, one.task.test)
    return out, place.folder / "kept"


def _trained(
    one: FoldTask, given: GivenLabels, plan: FinetunePlan, start: Start, place: Workplace
) -> ExpressionModel:
    if not (place.folder / f"{MODEL}.json").is_file():
        learnt = np.flatnonzero(np.isin(given.rows, one.task.train))
        begun = start(learnt)
        context = FinetuneContext(task=one.task, begun=begun, recipe="adapt")
        finetune(copy.deepcopy(begun.encoder), one.pack, place, plan.options, context)
    return load_model(place.folder / MODEL)


def _options(labels: int, epochs: int) -> FinetuneOptions:
    return FinetuneOptions(
        epochs=epochs,
        batch_size=max(2, min(64, labels // 2)),
        classifier_start="own",
        learning_rate=0.005,
        encoder_rate=0.5,
        mixup=0.0,
        dropout=0.0,
        crop_area=(0.85, 1.0),
        ema=0.98,
        warmup_epochs=0.2 if epochs < 5 else 1.0,
    )
