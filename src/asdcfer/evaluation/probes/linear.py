"""Linear probe: a linear classifier on frozen features, solved to convergence; the headline."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from asdcfer.data.splits import Task, check_choice, without_labels
from asdcfer.errors import DataError
from asdcfer.evaluation.label_shift import estimate_label_shift
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.evaluate_splits import FittedClassifier, evaluate_splits
from asdcfer.evaluation.probes.linear_folds import FOLDS_NAME, fit_by_folds, folds_choose
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

CHUNK = 4096

Prior = Literal["labeled", "estimated"]
"""The mix of expressions that a probe answers for: that of the labels, or the one estimated for the
training faces whose labels it does not know (`label_shift`).
"""


class LinearProbe(BaseModel):
    """Multinomial logistic regression on standardized frozen features.

    The penalty is chosen on the validation split only; the test split is touched once, with the
    classifier that was chosen.

    Where a pack has no validation split and few labels, five folds of them choose.

    Attributes:
        scalings: of features, to choose from on the validation split; see `fit_linear`.
        penalties: to choose from.
        prior: the mix of expressions that is answered for; see `Prior`.

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
    prior: Prior = "labeled"

    def run(self, context: ProbeContext) -> Iterator[Result]:
        """Give the results of one encoder: the test split, and the union where FER-2013 has one.

        Raises:
            DataError: the pack is unlabeled, lacks a split, or has nothing to choose by.
        """
        start = time.perf_counter()
        check_choice(context.pack, context.roles)
        if self.prior == "estimated":
            faces_of_another_mix(context)
        context, blocks = _chosen_by(context, blocks_of(context))
        search = LinearSearch(context, SearchGrid(self.penalties, self.scalings), self.prior)
        yield from evaluate_splits(context, search.fit(blocks, start))


@dataclass(frozen=True)
class Blocks:
    """Features of the three lists of a task.

    Each list has one block, or several of the same length: images, and their mirror images;
    validation has none where folds choose.
    """

    train: list[np.ndarray]
    validation: list[np.ndarray]
    test: list[np.ndarray]


@dataclass(frozen=True)
class LinearSearch:
    """The choice of a linear classifier on features that are there already.

    Attributes:
        context: what is probed, and how its blocks were made; where its task has no validation
            rows, folds of the training rows choose.
        grid: penalties and scalings to choose from.
        prior: the mix of expressions that is answered for.
        at_hand: rows whose features are known, sorted, and their blocks; of others whose mix is
            estimated they are computed.
    """

    context: ProbeContext
    grid: SearchGrid = EVERY_PENALTY
    prior: Prior = "labeled"
    at_hand: tuple[np.ndarray, list[np.ndarray]] | None = None

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
        task, choice = self.context.roles, "penalty"
        truth, classes = task.labels[task.train], len(task.expressions)
        rows = task.train
        if len(task.validation):
            held = task.validation
            chosen = fit_linear(
                blocks.train,
                truth,
                blocks.validation,
                task.labels[held],
                classes,
                grid=self.grid,
                report=self._tell,
            )
            seen, final = mean_logits(chosen, blocks.validation), chosen
            if task.refit:
                rows, final = _refitted(task, blocks, chosen)
        else:
            chosen, seen, own = fit_by_folds(blocks.train, truth, classes, self.grid, self._tell)
            held, final = rows[own], chosen
        asked, about, notes = mean_logits(final, blocks.test), dict(chosen.hyperparameters), ""
        if self.prior == "estimated":
            learnt = np.bincount(task.labels[rows], minlength=classes)
            others = faces_of_another_mix(self.context)
            shift = estimate_label_shift(
                self._logits(final, others), learnt, seen, task.labels[held]
            )
            seen, asked = shift.moved(seen), shift.moved(asked)
            about["prior"] = dict(zip(task.expressions, shift.prior.round(4).tolist(), strict=True))
            about["temperature"] = round(shift.temperature, 4)
            choice = "penalty and temperature"
            notes = (
                f", answering for the mix of expressions estimated on {len(others):,} training "
                f"image{'s' * (len(others) != 1)} without their labels"
            )
        return FittedClassifier(
            kind=kind,
            validation=softmax(seen if len(task.validation) else seen[:0]),
            test=softmax(asked),
            trained_on=(
                f"frozen encoder in evaluation mode, {self.context.feature.dim:,}-dimensional "
                f"feature, linear classifier (logistic regression, L2) on {len(rows):,} labeled "
                f"training images{labels_note}{notes}"
            ),
            tta=self.context.tta,
            chosen=choice,
            hyperparameters=about,
            training_images=len(rows),
            seconds=time.perf_counter() - start,
            penalties=chosen.curve,
            labels_used=labels_used,
        )

    def _logits(self, fitted: LinearFit, rows: np.ndarray) -> np.ndarray:
        """Return the logits of rows of the pack, (N,C), those at hand first.

        Features do not stand together.
        """
        known, blocks = self.at_hand or (rows[:0], [])
        place = np.flatnonzero(np.isin(known, rows))
        others = np.setdiff1d(rows, known)
        return np.concatenate(
            [
                *(
                    mean_logits(fitted, [block[place[i : i + CHUNK]] for block in blocks])
                    for i in range(0, len(place), CHUNK)
                ),
                *(
                    mean_logits(fitted, _tta_blocks(self.context, others[i : i + CHUNK]))
                    for i in range(0, len(others), CHUNK)
                ),
            ]
        )

    def _tell(self, penalty: float, accuracy: float) -> None:
        where = self.context.roles.validation_name
        self.context.note(f"penalty {penalty:g} gives {100 * accuracy:.2f} % on {where}")


def faces_of_another_mix(context: ProbeContext) -> np.ndarray:
    """Return the rows whose mix `prior="estimated"` answers for, sorted.

    Raises:
        DataError: there is none.
    """
    rows = without_labels(context.pack, context.roles)
    if not len(rows):
        raise DataError(
            f"every training image of {context.pack.path} has a label that is used, so that no "
            "other mix can be estimated; leave `prior=estimated` out, or use few of the labels: "
            "`kinds=few_labels`"
        )
    return rows


def _chosen_by(context: ProbeContext, blocks: Blocks) -> tuple[ProbeContext, Blocks]:
    """Let folds choose where the rows that would are a tenth of few labels."""
    task = context.roles
    if not task.refit or not folds_choose(
        task.labels[np.concatenate([task.train, task.validation])]
    ):
        return context, blocks
    rows, train = labeled(task, blocks)
    return context.updated(task=by_folds(task, rows)), replace(blocks, train=train, validation=[])


def by_folds(task: Task, rows: np.ndarray) -> Task:
    """Return the task that trains on rows, in this order, of which folds choose."""
    return replace(task, train=rows, validation=rows[:0], validation_name=FOLDS_NAME, refit=False)


def labeled(task: Task, blocks: Blocks) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the rows that train and those that were cut from them to choose, and their blocks."""
    rows = np.concatenate([task.train, task.validation])
    pairs = zip(blocks.train, blocks.validation, strict=True)
    return rows, [np.concatenate(pair) for pair in pairs]


def _refitted(task: Task, blocks: Blocks, chosen: LinearFit) -> tuple[np.ndarray, LinearFit]:
    """Return all labeled rows, and the chosen classifier fitted to them."""
    rows, train = labeled(task, blocks)
    return rows, refit_linear(train, task.labels[rows], len(task.expressions), chosen)


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


def mean_logits(fitted: LinearFit, blocks: Sequence[np.ndarray]) -> np.ndarray:
    """Return float64 (N,C): the mean logits of the blocks."""
    logits: np.ndarray = np.stack([fitted.logits(block) for block in blocks]).mean(
        0, dtype=np.float64
    )
    return logits


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return float64 (N,C) probabilities."""
    exponents = np.exp(logits - logits.max(1, keepdims=True))
    probabilities: np.ndarray = exponents / exponents.sum(1, keepdims=True)
    return probabilities
