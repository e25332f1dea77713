"""Folds as packs: the labeled faces in the splits of one fold, the others without label."""

from dataclasses import dataclass, replace

import numpy as np

from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task

TRAIN, VALIDATION, TEST, REST = "train", "valid", "test", "rest"


@dataclass(frozen=True)
class FoldTask:
    """One fold: what is learnt from, what chooses the epoch, and what is answered for.

    Attributes:
        pack: the same images under the labels that were given, in the splits of this fold.
        task: rows and labels.
        places: int, places of the answered faces among the labeled ones.
    """

    pack: Pack
    task: Task
    places: np.ndarray


def fold_task(
    pack: Pack, given: GivenLabels, folds: np.ndarray, fold: int | None, unlabeled: np.ndarray
) -> FoldTask:
    """Return a fold; the one after it chooses the epoch, the others are learnt from.

    Args:
        pack: the faces.
        given: the labeled ones.
        folds: int (N,), fold of each labeled face.
        fold: which is answered for; None for the model that is kept: the first fold then chooses,
            and all others are learnt from.
        unlabeled: int, rows that take part without label.

    Example:
        >>> from asdcfer.adaptation.given_labels import labels_of_pack
        >>> from asdcfer.data.sample import sample_pack
        >>> pack = sample_pack()
        >>> given = labels_of_pack(pack)
        >>> one = fold_task(pack, given, np.arange(len(given.rows)) % 3, 0, np.zeros(0, int))
        >>> len(one.task.train), len(one.task.validation), len(one.task.test)
        (500, 500, 500)
    """
    count = int(folds.max()) + 1
    chooses = 0 if fold is None else (fold + 1) % count
    tested = chooses if fold is None else fold
    validation, test = folds == chooses, folds == tested
    train = ~validation & ~test
    if not train.any():
        # Of two folds, the one that is not answered for learns and chooses.
        train = validation
    labels = np.full(len(pack), -1, np.int64)
    labels[given.rows] = given.labels
    split = np.full(len(pack), REST, "<U8")
    split[unlabeled] = TRAIN
    for name, chosen in ((VALIDATION, validation), (TRAIN, train), (TEST, test)):
        split[given.rows[chosen]] = name
    kept = [name for name in (TRAIN, VALIDATION, TEST, REST) if (split == name).any()]
    own = replace(
        pack,
        labels=labels,
        split=split,
        votes=None,
        expressions=given.names,
        info={**pack.info, "splits": kept},
    )
    task = Task(
        given.rows[train],
        given.rows[validation],
        given.rows[test],
        labels,
        given.names,
        VALIDATION,
        TEST,
    )
    return FoldTask(own, task, np.flatnonzero(test))
