"""Results of one fitted classifier on every list of images that is reported."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from asdcfer.evaluation.metrics import score
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.protocol import UNION_NOTE, Protocol, Tta
from asdcfer.evaluation.result import LabelsUsed, Result
from asdcfer.provenance import commit

HEADLINE_DIMS = 8192
"""Width of a feature up to which a probe's number counts as a headline."""


@dataclass(frozen=True)
class FittedClassifier:
    """Answers of a classifier that was chosen on the validation split, and how it was made.

    Attributes:
        kind: of the results.
        validation: float (len(task.validation), C), probabilities.
        test: float (len(task.test), C), probabilities.
        trained_on: words of the protocol.
        chosen: what was chosen on the validation split, in words.
        hyperparameters: as chosen.
        training_images: how many.
        seconds: that it took.
        tta: what was averaged over image and mirror image.
        penalties: tried, with their accuracies.
        labels_used: the part of the labels, where it is a part.
    """

    kind: str
    validation: np.ndarray
    test: np.ndarray
    trained_on: str
    chosen: str
    hyperparameters: dict[str, Any]
    training_images: int
    seconds: float
    tta: Tta = "none"
    penalties: list[dict[str, Any]] | None = None
    labels_used: LabelsUsed | None = None


def evaluate_splits(context: ProbeContext, fitted: FittedClassifier) -> Iterator[Result]:
    """Give the result on the test split and, for FER-2013's two test lists, on their union.

    Each is given again without twins where the context has them. Other labels than the pack's own
    (FER+) are reported on the test split alone, under their name.
    """
    task = context.roles
    test_sets = [(*reported_name(context), task.test, fitted.test)]
    if task.has_union and not task.target:
        rows = np.concatenate([task.validation, task.test])
        both = np.concatenate([fitted.validation, fitted.test])
        test_sets.append(
            ("union", f"the union of PublicTest and PrivateTest: {UNION_NOTE}", rows, both)
        )
    for evaluated_on, words, rows, probabilities in test_sets:
        yield _result(context, fitted, (evaluated_on, words), rows, probabilities)
        if context.twins is not None:
            kept = ~np.isin(rows, context.twins)
            yield _result(
                context,
                fitted,
                (evaluated_on, words),
                rows[kept],
                probabilities[kept],
                int((~kept).sum()),
            )


def reported_name(context: ProbeContext) -> tuple[str, str]:
    """Return the short name of the test images, and the words of the protocol for them."""
    task = context.roles
    name = {"private": "PrivateTest", "test": "the test split"}.get(task.test_name, task.test_name)
    if task.target == "ferplus":
        name += " under FER+ majority labels"
    return task.target or task.test_name, f"{name}, touched once, at the end"


def _result(
    context: ProbeContext,
    fitted: FittedClassifier,
    names: tuple[str, str],
    rows: np.ndarray,
    probabilities: np.ndarray,
    removed: int | None = None,
) -> Result:
    task, feature = context.roles, context.feature
    evaluated_on, words = names
    notes = [
        f"{removed} images with an exact or near duplicate in training removed"
        if removed is not None
        else "",
        task.note,
        f"its {feature.dim:,} dimensions are over the {HEADLINE_DIMS:,} that a headline allows"
        if feature.dim > HEADLINE_DIMS
        else "",
    ]
    scores = score(
        probabilities,
        task.labels[rows],
        task.expressions,
        evaluated_on=evaluated_on,
        seed=context.seed,
    )
    return Result(
        **scores.model_dump(),
        kind=fitted.kind,
        evaluated_on=evaluated_on,
        twins_removed=removed,
        protocol=Protocol(
            trained_on=fitted.trained_on,
            chosen=fitted.chosen,
            chosen_on=task.validation_name,
            reported_on=words,
            tta=fitted.tta,
            notes=tuple(note for note in notes if note),
        ),
        feature=feature,
        hyperparameters=fitted.hyperparameters,
        penalties=fitted.penalties,
        labels_used=fitted.labels_used,
        training_images=fitted.training_images,
        recipe=context.recipe,
        commit=commit(),
        seed=context.seed,
        weights_hash=context.weights_hash,
        seconds=round(fitted.seconds, 3),
    )
