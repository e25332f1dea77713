"""Linear probe: a linear classifier on frozen features, solved to convergence; the headline."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from asdcfer.data.splits import Task
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.evaluate_splits import FittedClassifier, evaluate_splits
from asdcfer.evaluation.probes.linear_selection import (
    EVERY_PENALTY,
    PENALTIES,
    LinearFit,
    Scaling,
    SearchGrid,
    fit_linear,
    refit_linear,
)
from asdcfer.evaluation.result import LabelsUsed, Result


class LinearProbe(BaseModel):
    """Multinomial logistic regression on standardized frozen features.

    The penalty is chosen on the validation split only; the test split is touched once, with the
    classifier that was chosen.

    Attributes:
        scalings: of features, to choose from on the validation split; see `fit_linear`.
        penalties: to choose from.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.data.splits import task_of
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> pack = sample_pack()
        >>> few = task_of(pack).with_train(pack.rows("train")[::10])
        >>> context = ProbeContext(encoder=encoder, pack=pack, task=few, cache=None)
        >>> private, union = LinearProbe().run(context)
        >>> private.evaluated_on, private.images, union.images, 0 <= private.accuracy <= 1
        ('private', 250, 500, True)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ClassVar[str] = "linear"
    scalings: tuple[Scaling, ...] = ("each",)
    penalties: tuple[float, ...] = PENALTIES

    def run(self, context: ProbeContext) -> Iterator[Result]:
        """Give the results of one encoder: the test split, and the union where FER-2013 has one.

        Raises:
            DataError: the pack is unlabeled, or lacks a split.
        """
        start = time.perf_counter()
        search = LinearSearch(context, SearchGrid(self.penalties, self.scalings))
        fitted = search.fit(blocks_of(context), start)
        yield from evaluate_splits(context, fitted)


@dataclass(frozen=True)
class Blocks:
    """Features of the three lists of a task.

    Each list has one block, or several of the same length: images, and their mirror images.
    """

    train: list[np.ndarray]
    validation: list[np.ndarray]
    test: list[np.ndarray]


@dataclass(frozen=True)
class LinearSearch:
    """The choice of a linear classifier on features that are there already.

    Attributes:
        context: what is probed, and how its blocks were made.
        grid: penalties and scalings to choose from.
    """

    context: ProbeContext
    grid: SearchGrid = EVERY_PENALTY

    def fit(
        self,
        blocks: Blocks,
        start: float,
        *,
        kind: str = "linear",
        labels_note: str = "",
        labels_used: LabelsUsed | None = None,
    ) -> FittedClassifier:
        """Return the chosen classifier's answers.

        Args:
            blocks: one row for each row of the task's three lists.
            start: `time.perf_counter()` when the work began.
            kind: of the results.
            labels_note: what the protocol says about the choice of labels.
            labels_used: the part of the labels, where it is a part.
        """
        task = self.context.roles
        classes = len(task.expressions)
        chosen = fit_linear(
            blocks.train,
            task.labels[task.train],
            blocks.validation,
            task.labels[task.validation],
            classes,
            grid=self.grid,
            report=self._tell,
        )
        rows, final = task.train, chosen
        if task.refit:
            rows, final = _refitted(task, blocks, chosen)
        return FittedClassifier(
            kind=kind,
            validation=probabilities_of(chosen, blocks.validation),
            test=probabilities_of(final, blocks.test),
            trained_on=(
                f"frozen encoder in evaluation mode, {self.context.feature.dim:,}-dimensional "
                f"feature, linear classifier (logistic regression, L2) on {len(rows):,} labeled "
                f"training images{labels_note}"
            ),
            tta=self.context.tta,
            chosen="penalty",
            hyperparameters=chosen.hyperparameters,
            training_images=len(rows),
            seconds=time.perf_counter() - start,
            penalties=chosen.curve,
            labels_used=labels_used,
        )

    def _tell(self, penalty: float, accuracy: float) -> None:
        where = self.context.roles.validation_name
        self.context.note(f"penalty {penalty:g} gives {100 * accuracy:.2f} % on {where}")


def _refitted(task: Task, blocks: Blocks, chosen: LinearFit) -> tuple[np.ndarray, LinearFit]:
    """Return all labeled rows, and the chosen classifier fitted to them."""
    rows = np.concatenate([task.train, task.validation])
    joined = [np.concatenate(pair) for pair in zip(blocks.train, blocks.validation, strict=True)]
    return rows, refit_linear(joined, task.labels[rows], len(task.expressions), chosen)


def blocks_of(context: ProbeContext) -> Blocks:
    """Return the features that the context's `tta` wants: plain, mean of both, or both apart."""
    task = context.roles
    return Blocks(
        _tta_blocks(context, task.train),
        _tta_blocks(context, task.validation),
        _tta_blocks(context, task.test),
    )


def _tta_blocks(context: ProbeContext, rows: np.ndarray) -> list[np.ndarray]:
    plain = context.features(rows)
    if context.tta == "none":
        return [plain]
    mirrored = context.features(rows, hflip=True)
    return [(plain + mirrored) / 2] if context.tta == "features" else [plain, mirrored]


def probabilities_of(fitted: LinearFit, blocks: Sequence[np.ndarray]) -> np.ndarray:
    """Return float64 (N,C): the softmax of the mean logits of the blocks."""
    logits = np.mean([fitted.logits(block) for block in blocks], axis=0, dtype=np.float64)
    logits -= logits.max(1, keepdims=True)
    exponents = np.exp(logits)
    probabilities: np.ndarray = exponents / exponents.sum(1, keepdims=True)
    return probabilities
