"""Fine-tuning by folds: plans that fit a time, answers for unseen faces, finished folds kept."""

import numpy as np
import pytest

from asdcfer.adaptation.finetuned import (
    FEWEST_UNLABELED,
    FinetunePlan,
    cross_validated_finetuning,
    semi_supervised_plan,
    supervised_plan,
)
from asdcfer.adaptation.folds import folds_of
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.trainer import Workplace
from tests.adaptation.standin import toy_labels
from tests.evaluation.standin import toy_model


def test_plans_fit_the_time_or_are_none():
    assert supervised_plan(100, 1e6, 0.001, 6).options.epochs == 60
    assert supervised_plan(100, 10.0, 0.001, 6) is None
    assert supervised_plan(100, 0.0, 0.001, 6, whole=True).options.epochs == 60
    rows = np.arange(10_000)
    plan = semi_supervised_plan(100, rows, 60.0, 0.001, 6)
    assert FEWEST_UNLABELED <= len(plan.unlabeled) < len(rows)
    assert plan.options.unlabeled
    assert semi_supervised_plan(100, rows, 1.0, 0.001, 6) is None
    assert semi_supervised_plan(100, rows[:100], 1e6, 0.001, 6) is None
    whole = semi_supervised_plan(100, rows, 0.0, 0.001, 6, passes=2)
    assert (len(whole.unlabeled), whole.options.epochs) == (10_000, 2)
    assert semi_supervised_plan(100, rows[:600], 1e6, 0.001, 6).options.epochs == 4


@pytest.mark.slow
def test_folds_answer_for_faces_they_never_saw_and_are_not_trained_twice(tmp_path, monkeypatch):
    pack, given = toy_labels(tmp_path / "pack", 45)
    folds = folds_of(given.labels, given.groups, 3)
    options = supervised_plan(45, 1.0, 0.001, 4, whole=True).options
    quick = options.model_copy(update={"epochs": 2, "batch_size": 10, "learning_rate": 0.05})
    plan = FinetunePlan(quick, np.zeros(0, np.int64))
    learnt = []

    def start(places):
        learnt.append(set(places.tolist()))
        return toy_model()

    place = Workplace(tmp_path / "tuned", "finetuned", Hardware("cpu"), resume=True)
    logits, kept = cross_validated_finetuning(pack, given, folds, plan, start, place)
    assert logits.shape == (45, 3)
    assert np.abs(logits).sum(1).min() > 0
    for fold, places in enumerate(learnt[:3]):
        assert not places & set(np.flatnonzero(folds == fold).tolist())
    assert (kept / "model.safetensors").is_file()
    monkeypatch.setattr("asdcfer.adaptation.finetuned.finetune", None)
    again, _ = cross_validated_finetuning(pack, given, folds, plan, start, place)
    np.testing.assert_array_equal(again, logits)
