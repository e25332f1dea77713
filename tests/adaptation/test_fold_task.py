"""Folds as packs: each label has one role, and the others can read none."""

import numpy as np
import pytest

from asdcfer.adaptation.fold_task import fold_task
from tests.adaptation.standin import toy_labels


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("fold", [0, 1, None])
def test_roles_are_apart_and_the_answered_fold_is_not_learnt_from(tmp_path, count, fold):
    pack, given = toy_labels(tmp_path / "pack", 30)
    rows = given.rows[:20]
    given = type(given)(rows, given.labels[:20], given.names, given.groups[:20], "")
    folds, unlabeled = np.arange(20) % count, np.arange(20, 30)
    one = fold_task(pack, given, folds, fold, unlabeled)
    task = one.task
    assert len(task.train) >= 5
    if fold is not None:
        assert set(task.test) == set(rows[folds == fold])
        assert not set(task.test) & (set(task.train) | set(task.validation))
        assert rows[one.places].tolist() == task.test.tolist()
    else:
        assert set(task.train) | set(task.validation) == set(rows)
    assert one.pack.labels[unlabeled].tolist() == [-1] * 10
    assert set(one.pack.rows("train")) == set(task.train) | set(unlabeled)
    assert pack.splits == ["train"]
