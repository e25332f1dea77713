"""Robustness: accuracy of a model while faces get worse, one kind of corruption at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from asdcfer.data.splits import evenly_spaced
from asdcfer.errors import DataError
from asdcfer.evaluation.corruptions import CORRUPTIONS, corrupt
from asdcfer.evaluation.evaluate_model import (
    BATCH_SIZE,
    EvaluationContext,
    align_classes,
    model_result,
    predict_images,
    predict_probabilities,
    shared_classes,
)
from asdcfer.evaluation.model_test_sets import own_test_sets
from asdcfer.evaluation.result import Curve, Result


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """Accuracy under growing corruption: a result with the scores of intact images, and curves.

    Attributes:
        corruptions: names of `corruptions.CORRUPTIONS`.
        images: take so many, evenly spaced; None for all.
    """

    name: ClassVar[str] = "robustness"
    corruptions: tuple[str, ...] = tuple(CORRUPTIONS)
    images: int | None = None

    def run(self, context: EvaluationContext) -> Iterator[Result]:
        """Give the one result of the model on the first test set.

        Raises:
            DataError: an unknown corruption, no labels, no such split, or no expression in common.
        """
        unknown = [name for name in self.corruptions if name not in CORRUPTIONS]
        if unknown:
            raise DataError(
                f"there is no corruption {unknown[0]!r}; there are {', '.join(CORRUPTIONS)}"
            )
        first = own_test_sets(context.pack, context.split)[0]
        rows = first.rows if self.images is None else evenly_spaced(first.rows, self.images)
        measured = _CorruptedFaces(
            context, rows, sum(len(CORRUPTIONS[n].levels) - 1 for n in self.corruptions)
        )
        clean = measured.clean()
        accuracy = float((clean.argmax(1) == measured.labels).sum()) / len(rows)
        yield model_result(
            context,
            first,
            measured.classes,
            clean,
            rows,
            kind=self.name,
            trained_on="the model as it is, images corrupted by one thing at a time",
            curves={name: measured.curve(name, accuracy) for name in self.corruptions},
        )


class _CorruptedFaces:
    """The same faces at every level of every corruption, with one count of progress."""

    def __init__(self, context: EvaluationContext, rows: np.ndarray, levels: int) -> None:
        self.context, self.rows = context, rows
        self.classes = shared_classes(context.model.expressions, context.pack)
        self.labels = context.pack.labels[rows]
        self.done, self.total = 0, len(rows) * (1 + levels)

    def clean(self) -> np.ndarray:
        """Return the probabilities of the faces as they are, float64 (N, classes)."""
        context = self.context
        found = predict_probabilities(
            context.model,
            context.pack,
            self.rows,
            context.tta,
            lambda done, _: self._told(done),
        )
        self.done = len(self.rows)
        return align_classes(found, context.model.expressions, self.classes)

    def curve(self, name: str, clean: float) -> Curve:
        """Return the accuracy at each level, from the least corrupted on."""
        levels = CORRUPTIONS[name].levels
        accuracies = [clean, *(self._accuracy(name, level) for level in levels[1:])]
        # Levels rise, or fall where they begin at the highest (a share that is kept).
        order = np.argsort(levels if levels[0] != max(levels) else [-level for level in levels])
        return Curve(
            unit=CORRUPTIONS[name].unit,
            levels=[levels[i] for i in order],
            accuracy=[accuracies[i] for i in order],
        )

    def _accuracy(self, name: str, level: float) -> float:
        context, right = self.context, 0
        for start in range(0, len(self.rows), BATCH_SIZE):
            part = self.rows[start : start + BATCH_SIZE]
            images = corrupt(
                np.asarray(context.pack.images[part]), name, level, context.seed + start
            )
            found = predict_images(context.model, images, context.tta)
            answers = align_classes(found, context.model.expressions, self.classes).argmax(1)
            right += int((answers == context.pack.labels[part]).sum())
            self.done += len(part)
            self._told(self.done)
        return right / len(self.rows)

    def _told(self, done: int) -> None:
        self.context.progress("robustness", done, self.total)
