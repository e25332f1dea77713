"""Labeled images of a pack that a finished model is measured on: test split, union, FER+ labels."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from asdcfer.data.pack import Pack
from asdcfer.data.splits import TEST_SPLITS, TRAIN_SPLITS
from asdcfer.errors import DataError
from asdcfer.evaluation.ferplus import TARGET, ferplus_task, is_ferplus
from asdcfer.evaluation.protocol import UNION_NOTE

FERPLUS_WORDS = "PrivateTest under FER+ majority labels"


@dataclass(frozen=True)
class ModelTestSet:
    """Labeled images that a model is measured on.

    Attributes:
        name: "private", "union", "ferplus", ...
        words: for a protocol.
        rows: int, of the pack.
        labels: int (N,), of the whole pack.
        expressions: names of the labels.
    """

    name: str
    words: str
    rows: np.ndarray
    labels: np.ndarray
    expressions: tuple[str, ...]


def own_test_sets(pack: Pack, split: str | None) -> list[ModelTestSet]:
    """Return the lists of labeled images that a model is measured on, under the pack's own labels.

    Raises:
        DataError: no labels, or no such split.
    """
    if not (pack.labels >= 0).any():
        raise DataError(
            f"{pack.path} has no labels, so nothing can be measured on it; prepare a labeled "
            "source, or use: asdcfer predict"
        )
    name = split or next((name for name in TEST_SPLITS if name in pack.splits), None)
    if name is None:
        raise DataError(
            f"{pack.path} has no split 'private' or 'test'; it has {', '.join(pack.splits)}: name "
            "one with `split`"
        )
    rows = pack.rows(name)
    rows = rows[pack.labels[rows] >= 0]
    if not len(rows):
        raise DataError(f"split {name!r} of {pack.path} has no labeled image")
    words = {"private": "PrivateTest", "test": "the test split"}.get(name, f"split {name}")
    first = ModelTestSet(name, words, rows, pack.labels, pack.expressions)
    if split is None and is_ferplus(pack):
        return [replace(first, name=TARGET, words=FERPLUS_WORDS)]
    if split is not None or name != "private" or "public" not in pack.splits:
        return [first]
    public = pack.rows("public")
    both = np.concatenate([public[pack.labels[public] >= 0], rows])
    union = f"the union of PublicTest and PrivateTest: {UNION_NOTE}"
    return [first, replace(first, name="union", words=union, rows=both)]


def ferplus_test_set(
    pack: Pack, split: str | None, votes: Path | None = None
) -> Iterator[ModelTestSet]:
    """Give the test images of a pack under FER+ labels, where these are known beside its own.

    Args:
        pack: of FER-2013 faces.
        split: where one split alone is measured, there is no such list.
        votes: FER+ votes to join.

    Raises:
        DataError: the votes do not belong to the pack.
    """
    if is_ferplus(pack) or split is not None:
        return
    if not any(name in pack.splits for name in TRAIN_SPLITS):
        return
    task = ferplus_task(pack, votes)
    if task is not None:
        yield ModelTestSet(TARGET, FERPLUS_WORDS, task.test, task.labels, task.expressions)
