"""Splits of a pack: the rows that train, validate and are reported on, and their labels."""

from dataclasses import dataclass, replace

import numpy as np

from asdcfer.data.pack import Pack
from asdcfer.errors import DataError

TRAIN_SPLITS = ("train", "training")
VALIDATION_SPLITS = ("public", "valid", "validation", "val")
TEST_SPLITS = ("private", "test")

HELD_OUT_SPLITS = (*VALIDATION_SPLITS, *TEST_SPLITS)
"""Never trained on unless they are asked for by name."""


HELD_OUT = 0.1
"""Share of the training list that chooses where a pack has no split for it."""
HELD_OUT_NAME = "held-out tenth of train"


@dataclass(frozen=True)
class Task:
    """Rows of a pack by role, and their labels.

    Attributes:
        train, validation, test: int, row numbers, disjoint.
        labels: int64 (N,), of the whole pack; -1 where the task has no label.
        expressions: names of the labels.
        validation_name, test_name: what results call the two.
        refit: `validation` was cut from the training list, so that the chosen setting is fitted
            once more on all of it.
        note: what more a protocol must say.
        target: name of the labels where they are not the pack's own ("ferplus"); results then
            carry it instead of the test split's.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    expressions: tuple[str, ...]
    validation_name: str
    test_name: str
    refit: bool = False
    note: str = ""
    target: str = ""

    @property
    def has_union(self) -> bool:
        """Whether validation and test split together form the published union of FER-2013.

        That is its PublicTest and PrivateTest.
        """
        return self.validation_name == "public" and self.test_name == "private"

    def with_train(self, rows: np.ndarray, note: str = "") -> "Task":
        """Return the task with fewer training images."""
        return replace(self, train=np.sort(rows), note=note or self.note)


def task_of(
    pack: Pack,
    labels: np.ndarray | None = None,
    expressions: tuple[str, ...] | None = None,
    seed: int = 0,
) -> Task:
    """Read the roles from the names of a pack's splits.

    Training is "train"; hyper-parameters are chosen on "public" (or "valid", "validation", "val"),
    else on a fixed stratified tenth of the training list; numbers are reported on "private" (or
    "test").

    Args:
        pack: with labels.
        labels: other labels for the same rows (FER+), -1 where a row has none; those rows are left
            out.
        expressions: their names.
        seed: of the tenth that is held out.

    Raises:
        DataError: the pack is unlabeled, or has no split to train or to test on, or a single
            expression in training.
    """
    given = pack.labels if labels is None else np.asarray(labels, np.int64)
    names = pack.expressions if expressions is None else expressions
    if not (given >= 0).any():
        raise DataError(
            f"{pack.path} has no labels, and a probe needs them; prepare a labeled source, or "
            "pretrain on this one"
        )
    train_name = _first(pack, TRAIN_SPLITS, "to train the probe on")
    test_name = _first(pack, TEST_SPLITS, "to report on")
    usable = given >= 0
    rows = {name: np.flatnonzero((pack.split == name) & usable) for name in pack.splits}
    train, test = rows[train_name], rows[test_name]
    for name in (train_name, test_name):
        if not len(rows[name]):
            raise DataError(
                f"split {name!r} of {pack.path} has no labeled image, and a probe needs them; "
                "prepare a labeled source"
            )
    validation_name = next(
        (name for name in VALIDATION_SPLITS if name in rows and len(rows[name])), None
    )
    if validation_name is None:
        validation = held_out(given, train, seed)
        return _checked(
            pack,
            Task(
                np.setdiff1d(train, validation),
                validation,
                test,
                given,
                names,
                HELD_OUT_NAME,
                test_name,
                refit=True,
            ),
        )
    return _checked(
        pack, Task(train, rows[validation_name], test, given, names, validation_name, test_name)
    )


def without_labels(pack: Pack, task: Task) -> np.ndarray:
    """Return the rows of the training split that a task does not name, sorted.

    Those are the rows without a label, and those whose label was not drawn.
    """
    name = _first(pack, TRAIN_SPLITS, "to train the probe on")
    return np.setdiff1d(pack.rows(name), np.concatenate([task.train, task.validation, task.test]))


def check_choice(pack: Pack, task: Task) -> None:
    """Refuse a task in which no image is left to choose anything by.

    Raises:
        DataError: the pack has no validation split, and a single label of each expression.
    """
    if not len(task.validation):
        raise DataError(
            f"{pack.path} has a single label of each expression in training and no validation "
            "split, so nothing can be chosen; label two or more of an expression, or measure with "
            "what chooses nothing: asdcfer probe ENCODER `kinds=few_shot`"
        )


def held_out(labels: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    """Return a fixed stratified tenth of rows, sorted.

    At least one of each expression that has two or more.
    """
    chosen = []
    for label in np.unique(labels[rows]):
        own = rows[labels[rows] == label]
        count = max(1, round(len(own) * HELD_OUT)) if len(own) > 1 else 0
        chosen.append(np.random.default_rng([seed, int(label)]).permutation(own)[:count])
    return np.sort(np.concatenate(chosen))


def evenly_spaced(rows: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` rows, evenly spaced, the same ones every time.

    Args:
        rows: (N,), in the order in which they are spaced.
        count: how many to take, 1 or more.

    Returns:
        (min(N, count),), in the order of `rows`.

    Example:
        >>> evenly_spaced(np.arange(10), 4).tolist()
        [0, 2, 5, 7]
    """
    return rows if len(rows) <= count else rows[np.arange(count) * len(rows) // count]


def _first(pack: Pack, names: tuple[str, ...], purpose: str) -> str:
    found = next((name for name in names if name in pack.splits), None)
    if found is None:
        raise DataError(
            f"{pack.path} has no split {' or '.join(map(repr, names))} {purpose}; it has "
            f"{', '.join(pack.splits)}; divide the source into folders train and test, best by "
            "persons, and prepare it again; or measure by folds: asdcfer adapt PACK `labels=pack`"
        )
    return found


def _checked(pack: Pack, task: Task) -> Task:
    if len(np.unique(task.labels[task.train])) < 2:
        raise DataError(
            f"{pack.path}: the training split holds a single expression; a probe needs two or more"
        )
    return task
