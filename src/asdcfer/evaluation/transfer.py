"""Transfer: a model on the faces of another data set, under the expressions that both know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from asdcfer.data.pack import UNLABELED
from asdcfer.data.splits import evenly_spaced
from asdcfer.errors import DataError
from asdcfer.evaluation.evaluate_model import (
    EvaluationContext,
    model_result,
    predict_probabilities,
)
from asdcfer.evaluation.model_test_sets import ModelTestSet, own_test_sets
from asdcfer.evaluation.result import Result
from asdcfer.expressions import expression_of
from asdcfer.progress import counter


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Accuracy under the expressions that model and faces share: for a model of other faces.

    Images of other expressions are left out, and the model cannot answer anything else. What
    `evaluate` says of the same faces is lower: there such images count as wrong.

    Attributes:
        images: take so many of the test images, evenly spaced; None for all.
    """

    name: ClassVar[str] = "transfer"
    images: int | None = None

    def run(self, context: EvaluationContext) -> Iterator[Result]:
        """Give the one result of the model on the first test set.

        Raises:
            DataError: no labels, no such split, or fewer than two expressions in common.
        """
        model, pack = context.model, context.pack
        first = own_test_sets(pack, context.split)[0]
        shared = reconcile_labels(model.expressions, first.expressions)
        if len(shared) < 2:
            raise DataError(
                f"the model knows {', '.join(model.expressions)} and {pack.path} holds "
                f"{', '.join(first.expressions)}: they share fewer than two expressions"
            )
        names = tuple(model.expressions[answer] for answer in shared.values())
        labels = relabel(first.labels, list(shared))
        rows = first.rows[labels[first.rows] != UNLABELED]
        if self.images is not None:
            rows = evenly_spaced(rows, self.images)
        report = counter(context.progress, self.name)
        answers = predict_probabilities(model, pack, rows, context.tta, report)
        left_out = [name for i, name in enumerate(first.expressions) if i not in shared]
        words = f"{first.words}, under the {len(names)} expressions in common"
        if left_out:
            words += f" (without {', '.join(left_out)})"
        yield model_result(
            context,
            ModelTestSet(first.name, words, rows, labels, names),
            names,
            restrict_to(answers, list(shared.values())),
            rows,
            trained_on="the model as it is, its answers limited to the expressions in common",
            kind=self.name,
        )


def reconcile_labels(of_model: tuple[str, ...], of_faces: tuple[str, ...]) -> dict[int, int]:
    """Return which index of the faces' labels is which of the model's answers.

    Names are compared as they are, and else by what they mean: "Happiness" is "happy". A name that
    two labels would share belongs to neither.

    Example:
        >>> reconcile_labels(("angry", "happy", "sad"), ("Happiness", "anger", "calm"))
        {0: 1, 1: 0}
    """
    meant = [_meaning(name) for name in of_model]
    wanted = [_meaning(name) for name in of_faces]
    return {
        there: meant.index(name)
        for there, name in enumerate(wanted)
        if meant.count(name) == 1 and wanted.count(name) == 1
    }


def _meaning(name: str) -> str:
    return expression_of(name) or name.strip().lower()


def relabel(labels: np.ndarray, kept: list[int]) -> np.ndarray:
    """Return labels as places in `kept`, -1 where a label is not among them.

    Example:
        >>> relabel(np.array([0, 1, 2, -1]), [2, 0]).tolist()
        [1, -1, 0, -1]
    """
    places: Mapping[int, int] = {label: place for place, label in enumerate(kept)}
    return np.array([places.get(int(label), UNLABELED) for label in labels], np.int64)


def restrict_to(probabilities: np.ndarray, kept: list[int]) -> np.ndarray:
    """Return probabilities (N, len(kept)) of some answers, given that it is one of them.

    Example:
        >>> restrict_to(np.array([[0.5, 0.3, 0.2]]), [2, 1]).round(2).tolist()
        [[0.4, 0.6]]
    """
    chosen = probabilities[:, kept]
    total = chosen.sum(1, keepdims=True)
    found: np.ndarray = np.divide(
        chosen, total, out=np.full_like(chosen, 1 / len(kept)), where=total > 0
    )
    return found
