"""Candidates on frozen encoders: shipped first, own classes too, finished ones read again."""

import dataclasses

import numpy as np

from asdcfer.adaptation.folds import folds_of
from asdcfer.adaptation.frozen_candidates import frozen_candidates
from asdcfer.adaptation.stage_store import StageStore
from tests.adaptation.standin import toy_labels, toy_start


def test_candidates_from_the_plainest_on_and_again_without_work(tmp_path, monkeypatch):
    pack, given = toy_labels(tmp_path / "pack")
    start, folds = toy_start(), folds_of(given.labels, given.groups, 3)
    store = StageStore(tmp_path / "heads", {"seed": 0})
    encoders = {"refreshed": start.encoder, "shipped": start.encoder}
    found = frozen_candidates(start, encoders, pack, given, folds, store)
    assert [each.name for each in found] == [
        *("shipped", "shipped_answers", "shipped_linear"),
        *("refreshed", "refreshed_answers", "refreshed_linear"),
    ]
    assert [each.learnt for each in found[:3]] == [False, True, True]
    assert (found[2].logits.argmax(1) == given.labels).mean() > 0.8
    monkeypatch.setattr("asdcfer.adaptation.frozen_candidates.extract", None)
    again = frozen_candidates(start, encoders, pack, given, folds, store)
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one.logits, other.logits)
        np.testing.assert_array_equal(one.head.weight, other.head.weight)


def test_classes_of_ones_own_have_no_shipped_answer(tmp_path):
    pack, given = toy_labels(tmp_path / "pack")
    given = dataclasses.replace(given, names=("boredom", "pain", "rest"))
    start, folds = toy_start(), folds_of(given.labels, given.groups, 3)
    store = StageStore(tmp_path / "heads", {})
    found = frozen_candidates(start, {"shipped": start.encoder}, pack, given, folds, store)
    assert [each.name for each in found] == ["shipped_answers", "shipped_linear"]
