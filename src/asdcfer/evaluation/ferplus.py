"""FER+: the eight-class majority labels for the faces of a FER-2013 pack."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from asdcfer.data.datasets.ferplus import in_our_order, labels_for, labels_of
from asdcfer.data.pack import UNLABELED, Pack
from asdcfer.data.splits import Task, task_of
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT

TARGET = "ferplus"
"""What results on FER+ labels are called."""

SAMPLE_VOTES = "ferplus_votes.npy"
"""Votes beside a pack, one row of ten counts an image, in the order of FER+'s own columns."""


def is_ferplus(pack: Pack) -> bool:
    """Whether the labels of a pack are FER+ labels."""
    return bool(pack.info.get("source", {}).get("kind") == "ferplus")


def ferplus_task(pack: Pack, votes: str | os.PathLike[str] | None = None) -> Task | None:
    """Return the task of FER+ labels for a pack, or None where nobody knows them.

    Its results are called "ferplus".

    They come from `votes` (the official fer2013new.csv, joined by source id), from the pack itself
    when it was prepared from FER+, from votes of eight expressions in the pack, or from a file of
    votes beside it (the bundled sample).

    Args:
        pack: of FER-2013 faces, whose ids are `ferNNNNNNN`.
        votes: fer2013new.csv.

    Raises:
        DataError: the votes do not belong to the pack.
    """
    task = _ferplus_task(pack, votes)
    return None if task is None else replace(task, target=TARGET)


def _ferplus_task(pack: Pack, votes: str | os.PathLike[str] | None) -> Task | None:
    if votes is not None:
        return task_of(pack, labels_for(pack, Path(votes)), EXPRESSIONS_WITH_CONTEMPT)
    if is_ferplus(pack):
        return task_of(pack)
    if pack.votes is not None and len(pack.expressions) == len(EXPRESSIONS_WITH_CONTEMPT):
        shares = pack.votes / np.maximum(pack.votes.sum(1, keepdims=True), 1e-9)
        return task_of(
            pack, np.where(shares.max(1) > 0.5, shares.argmax(1), UNLABELED), pack.expressions
        )
    beside = pack.path.parent / SAMPLE_VOTES
    if beside.is_file():
        table = np.load(beside, allow_pickle=False)
        if table.shape == (len(pack), 10):
            return task_of(pack, labels_of(in_our_order(table)), EXPRESSIONS_WITH_CONTEMPT)
    return None
