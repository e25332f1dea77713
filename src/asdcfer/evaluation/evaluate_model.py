"""Evaluation of a finished model on the test sets of a labeled pack."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, InstanceOf, SkipValidation

from asdcfer.data.pack import Pack
from asdcfer.errors import DataError
from asdcfer.evaluation.metrics import score
from asdcfer.evaluation.model_test_sets import ModelTestSet, ferplus_test_set, own_test_sets
from asdcfer.evaluation.probes.features import pack_hash
from asdcfer.evaluation.protocol import Protocol
from asdcfer.evaluation.result import Feature, Result
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.weights import weights_hash
from asdcfer.progress import SILENT, Progress, counter
from asdcfer.provenance import commit

BATCH_SIZE = 256


class EvaluationContext(BaseModel):
    """A model, a pack, and how the one is measured on the other.

    Attributes:
        model: with its classifier, labels and temperature.
        pack: labeled.
        tta: average the probabilities of image and mirror image (test-time flip).
        split: measure this split only, instead of "private" (or "test") and the union.
        votes: FER+ votes to join.
        twins: rows with a near duplicate in training; every list is reported again without them.
        recipe: written into the results.
        seed: of the bootstrap, and of random corruption.
        progress: told of the images that were looked at.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    model: InstanceOf[ExpressionModel]
    pack: InstanceOf[Pack]
    tta: bool = False
    split: str | None = None
    votes: Path | None = None
    twins: InstanceOf[np.ndarray] | None = None
    recipe: str | None = None
    seed: int = 0
    progress: SkipValidation[Progress] = SILENT


def evaluate_model(context: EvaluationContext) -> list[Result]:
    """Return the results of a model on every test set of a pack.

    They are the test split, FER-2013's union, and FER+ labels where they are known. Expressions are
    matched by name: an image of an expression that the model does not know counts as wrong, and so
    does an answer that the pack does not know.

    Raises:
        DataError: no labels, no such split, or no expression in common.
    """
    model, pack = context.model, context.pack
    more = ferplus_test_set(pack, context.split, context.votes)
    test_sets = [*own_test_sets(pack, context.split), *more]
    classes = [shared_classes(model.expressions, pack, each.expressions) for each in test_sets]
    # The lists share most of their images; each is looked at once.
    rows, start = np.unique(np.concatenate([each.rows for each in test_sets])), time.perf_counter()
    answers = predict_probabilities(
        model, pack, rows, context.tta, counter(context.progress, "measuring")
    )
    seconds_each = (time.perf_counter() - start) / len(rows)
    found = []
    for test_set, names in zip(test_sets, classes, strict=True):
        probabilities = align_classes(
            answers[np.searchsorted(rows, test_set.rows)], model.expressions, names
        )
        for removed, kept in _with_and_without(test_set.rows, context.twins):
            found.append(
                model_result(
                    context,
                    test_set,
                    names,
                    probabilities[kept],
                    test_set.rows[kept],
                    twins_removed=removed,
                    seconds=round(seconds_each * len(test_set.rows), 3),
                )
            )
    return found


def model_result(
    context: EvaluationContext,
    test_set: ModelTestSet,
    classes: tuple[str, ...],
    probabilities: np.ndarray,
    rows: np.ndarray,
    *,
    trained_on: str = "the model as it is, nothing fitted",
    **facts: Any,
) -> Result:
    """Return the result of a model on rows of a test set.

    Args:
        context: what was measured.
        test_set: that the rows are of.
        classes: names of the C columns, those of the test set first.
        probabilities: float (N,C).
        rows: int (N,), of the pack.
        trained_on: words of the protocol.
        **facts: further fields of `Result`.
    """
    model = context.model
    unknown = [name for name in test_set.expressions if name not in model.expressions]
    removed = facts.get("twins_removed")
    notes = (
        f"the model cannot answer {', '.join(unknown)}, and those images count as wrong"
        if unknown
        else "",
        "" if removed is None else f"{removed} images with a twin in training removed",
    )
    scores = score(
        probabilities,
        test_set.labels[rows],
        classes,
        evaluated_on=test_set.name,
        seed=context.seed,
    )
    return Result(
        **{
            "kind": "evaluate",
            **scores.model_dump(),
            "evaluated_on": test_set.name,
            "protocol": Protocol(
                trained_on=trained_on,
                reported_on=test_set.words,
                tta="probabilities" if context.tta else "none",
                notes=tuple(note for note in notes if note),
            ),
            "feature": Feature(
                pooling=model.encoder.spec.pooling,
                arguments=dict(model.encoder.spec.pooling_arguments),
                dim=model.encoder.feature_dim,
            ),
            "recipe": context.recipe,
            "commit": commit(),
            "seed": context.seed,
            "weights_hash": weights_hash(model),
            "pack": pack_hash(context.pack),
            **facts,
        }
    )


def predict_probabilities(
    model: ExpressionModel,
    pack: Pack,
    rows: np.ndarray,
    tta: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Return float64 (len(rows), C): the model's calibrated probabilities for rows of a pack."""
    out = np.empty((len(rows), len(model.expressions)))
    for start in range(0, len(rows), BATCH_SIZE):
        images = np.asarray(pack.images[rows[start : start + BATCH_SIZE]])
        out[start : start + len(images)] = predict_images(model, images, tta)
        if progress:
            progress(start + len(images), len(rows))
    return out


def predict_images(model: ExpressionModel, images: np.ndarray, tta: bool = False) -> np.ndarray:
    """Return float64 (N,C): the model's calibrated probabilities for one batch of uint8 faces."""
    was = model.training
    model.eval()
    with torch.inference_mode():
        found: np.ndarray = model.probabilities(images, tta=tta).double().cpu().numpy()
    model.train(was)
    return found


def shared_classes(
    of_model: tuple[str, ...], pack: Pack, of_labels: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Return the expressions of the labels, then those that only the model knows.

    Raises:
        DataError: they have no expression in common.
    """
    names = pack.expressions if of_labels is None else of_labels
    if not set(of_model) & set(names):
        raise DataError(
            f"the model knows {', '.join(of_model)} and {pack.path} holds {', '.join(names)}: "
            "they have no expression in common"
        )
    return (*names, *(name for name in of_model if name not in names))


def align_classes(
    probabilities: np.ndarray, given: tuple[str, ...], wanted: tuple[str, ...]
) -> np.ndarray:
    """Return probabilities (N, len(wanted)) with columns in the order of `wanted`.

    A column that `given` lacks is 0.
    """
    out = np.zeros((len(probabilities), len(wanted)))
    out[:, [wanted.index(name) for name in given]] = probabilities
    return out


def _with_and_without(
    rows: np.ndarray, twins: np.ndarray | None
) -> Iterator[tuple[int | None, np.ndarray]]:
    """Give (number of twins removed, mask of the rows kept): all rows, then those without twins."""
    yield None, np.ones(len(rows), bool)
    if twins is not None:
        kept = ~np.isin(rows, twins)
        yield int((~kept).sum()), kept
