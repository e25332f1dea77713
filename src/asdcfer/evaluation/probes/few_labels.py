"""Few labels: the linear probe of a share of the labels, or of so many of each expression."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from asdcfer.data.splits import Task, check_choice
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.evaluate_splits import evaluate_splits
from asdcfer.evaluation.probes.linear import (
    Blocks,
    LinearSearch,
    Prior,
    blocks_of,
    by_folds,
    labeled,
)
from asdcfer.evaluation.probes.linear_folds import folds_choose
from asdcfer.evaluation.result import LabelsUsed, Result

SHARES = (0.01, 0.05, 0.10, 0.25)


def draw_labels(
    labels: np.ndarray,
    rows: np.ndarray,
    *,
    share: float | None = None,
    per_class: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return a stratified random part of rows, sorted.

    The same seed draws nested parts: the 5 % hold the 1 %.

    Args:
        labels: int (N,), of the whole pack.
        rows: int, to draw from.
        share: in 0..1, of every expression, at least one image each.
        per_class: images of every expression; all of those that have fewer.
        seed: of the draw.

    Example:
        >>> draw_labels(np.array([0] * 50 + [1] * 10), np.arange(60), share=0.1).size
        6
    """
    if (share is None) == (per_class is None):
        raise ValueError("give either share or per_class")
    if (share is not None and not 0 < share <= 1) or (per_class is not None and per_class < 1):
        raise ValueError("share must lie in 0..1 and per_class be at least 1")
    chosen = []
    for label in np.unique(labels[rows]):
        own = np.random.default_rng([seed, int(label)]).permutation(rows[labels[rows] == label])
        chosen.append(own[: max(1, round(share * len(own))) if share is not None else per_class])
    return np.sort(np.concatenate(chosen))


def describe_part(
    labels: np.ndarray, rows: np.ndarray, share: float | None = None, per_class: int | None = None
) -> str:
    """Return what a protocol says of a drawn part.

    Example:
        >>> describe_part(np.array([0, 0, 0, 1]), np.array([0, 1, 3]), per_class=2)
        '2 of each expression, all of those that have fewer'
    """
    if share is not None:
        return f"{100 * share:g}% of them, stratified"
    fewer = np.unique(labels[rows], return_counts=True)[1].min() < (per_class or 0)
    return f"{per_class} of each expression{', all of those that have fewer' if fewer else ''}"


class FewLabelsProbe(BaseModel):
    """The linear probe of a part of the training labels; validation, which chooses, stays whole.

    Where a pack has no validation split, folds of the drawn labels choose. Where more than 4,000
    are drawn, or no two of an expression, a tenth of all labels chooses, of which none is drawn.

    Attributes:
        shares: parts of the training labels, in 0..1.
        per_class: numbers of labels of each expression.
        draws: seeds of the random draws of each part.
        prior: the mix of expressions that is answered for; see `linear.Prior`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ClassVar[str] = "few_labels"
    beside_other_poolings: ClassVar[bool] = False
    shares: tuple[float, ...] = SHARES
    per_class: tuple[int, ...] = ()
    draws: tuple[int, ...] = (0,)
    prior: Prior = "labeled"

    def run(self, context: ProbeContext) -> Iterator[Result]:
        """Give the results of every part and draw.

        Raises:
            DataError: the pack is unlabeled, lacks a split, or has nothing to choose by.
        """
        task = context.roles
        check_choice(context.pack, task)
        rows_at_hand, blocks = _labeled(task, blocks_of(context))
        parts: list[tuple[float | None, int | None]] = [
            *((share, None) for share in self.shares),
            *((None, count) for count in self.per_class),
        ]
        for share, per_class in parts:
            for draw in self.draws:
                start = time.perf_counter()
                role = _drawn(task, share, per_class, draw)
                rows = role.train
                place = np.searchsorted(rows_at_hand, rows)
                words = describe_part(task.labels, rows, share, per_class)
                own = Blocks(
                    [block[place] for block in blocks.train],
                    blocks.validation if len(role.validation) else [],
                    blocks.test,
                )
                drawn = context.updated(task=role, seed=draw)
                fitted = LinearSearch(
                    drawn, prior=self.prior, at_hand=(rows_at_hand, blocks.train)
                ).fit(
                    own,
                    start,
                    kind=self.kind,
                    labels_note=f" ({words}, draw {draw})",
                    labels_used=LabelsUsed(
                        share=share, per_class=per_class, draw=draw, images=len(rows)
                    ),
                )
                yield from evaluate_splits(drawn, fitted)


def _drawn(task: Task, share: float | None, per_class: int | None, draw: int) -> Task:
    """Return the task that learns a drawn part of the labels, and no label beside them."""

    def part(rows: np.ndarray) -> np.ndarray:
        return draw_labels(task.labels, rows, share=share, per_class=per_class, seed=draw)

    if not task.refit:
        return task.with_train(part(task.train))
    # Few labels need no others to choose, so the tenth that would is there to be drawn as well.
    rows = part(np.sort(np.concatenate([task.train, task.validation])))
    if folds_choose(task.labels[rows]):
        return by_folds(task, rows)
    return replace(task.with_train(part(task.train)), refit=False)


def _labeled(task: Task, blocks: Blocks) -> tuple[np.ndarray, Blocks]:
    """Return all rows that labels may be drawn of, sorted, and the blocks with them to train on."""
    if not task.refit:
        return task.train, blocks
    rows, train = labeled(task, blocks)
    order = np.argsort(rows)
    return rows[order], replace(blocks, train=[block[order] for block in train])
