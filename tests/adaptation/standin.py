"""Labeled toy faces, and the shipped model that is adapted to them."""

import numpy as np

from asdcfer.adaptation.given_labels import GivenLabels, labels_of_pack
from asdcfer.adaptation.start_model import StartModel, start_model
from asdcfer.data.pack import Pack
from tests.evaluation.standin import toy_model, toy_pack


def toy_labels(path, count: int = 60) -> tuple[Pack, GivenLabels]:
    """Toy faces with three classes, all labeled, each face a group of its own."""
    pack = toy_pack(path, {"train": count})
    return pack, labels_of_pack(pack)


def toy_start() -> StartModel:
    return start_model(toy_model())


def given_of(labels, groups=None) -> GivenLabels:
    labels = np.asarray(labels)
    rows = np.arange(len(labels))
    names = tuple("abcdefgh"[: labels.max() + 1])
    by = "" if groups is None else "video"
    return GivenLabels(rows, labels, names, rows if groups is None else np.asarray(groups), by)
