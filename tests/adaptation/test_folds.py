"""Folds: groups stay whole, classes are shared out, and too few labels are told."""

import numpy as np
import pytest

from asdcfer.adaptation.folds import fold_count, folds_of, without_single_faces
from asdcfer.errors import DataError
from tests.adaptation.standin import given_of
from tests.factories import Heard


@pytest.mark.parametrize("seed", range(4))
def test_no_group_lies_in_two_folds_and_every_fold_has_faces(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 12, 120)
    labels = rng.integers(0, 3, 120)
    folds = folds_of(labels, groups, 4, seed)
    assert all(len(set(folds[groups == group])) == 1 for group in np.unique(groups))
    assert set(folds) == {0, 1, 2, 3}


def test_single_faces_are_shared_out_evenly():
    labels = np.repeat([0, 1, 2], [10, 20, 30])
    folds = folds_of(labels, np.arange(60), 5)
    for fold in range(5):
        assert np.bincount(labels[folds == fold]).tolist() == [2, 4, 6]


def test_fewer_faces_than_folds_inside_are_shared_out_all_the_same():
    folds = folds_of(np.array([0, 1, 2]), np.arange(3), 3)
    assert sorted(folds.tolist()) == [0, 1, 2]


def test_fewer_labels_than_folds_are_told():
    heard = Heard()
    assert fold_count(given_of([0, 0, 0, 1, 1]), 5, heard) == 2
    assert heard.lines == ["2 folds in place of 5: b has 2 labels"]
    heard = Heard()
    assert fold_count(given_of([0] * 5 + [1] * 5, [0, 0, 1, 1, 2] * 2), 5, heard) == 3
    assert heard.lines == ["3 folds in place of 5: the labels are of 3 videos"]


@pytest.mark.parametrize(
    ("labels", "groups", "told"),
    [
        ([0, 0, 1], None, "b has 1 label; each class needs 2"),
        ([0, 0, 1, 1], [3, 3, 3, 3], "all labeled faces are of one video"),
    ],
)
def test_what_cannot_be_tested_is_refused(labels, groups, told):
    with pytest.raises(DataError, match=told):
        fold_count(given_of(labels, groups), 5)


def test_a_class_of_one_face_is_left_out_and_told():
    heard = Heard()
    left = without_single_faces(given_of([0, 0, 1, 2, 2, 3], [5, 6, 7, 8, 9, 9]), heard)
    assert heard.lines == [
        "b, d have 1 label each: left out, and the model will not know them; label 2 faces or more "
        "of each, better 5"
    ]
    assert left.counts == {"a": 2, "c": 2}
    assert left.rows.tolist() == [0, 1, 3, 4]
    assert (left.groups.tolist(), left.grouped_by) == ([5, 6, 8, 9], "video")
    heard = Heard()
    without_single_faces(given_of([0, 0, 1, 2, 2]), heard)
    assert heard.lines[0].startswith("b has 1 label: left out, and the model will not know it;")


@pytest.mark.parametrize("labels", [[0, 0, 1, 1], [0, 0, 1], [0, 1, 2]])
def test_labels_stay_where_all_can_be_tested_or_too_few_could(labels):
    given, heard = given_of(labels), Heard()
    assert without_single_faces(given, heard) is given
    assert heard.lines == []


def test_a_class_of_one_video_alone_is_told():
    heard = Heard()
    fold_count(given_of([0, 0, 1, 1], [0, 0, 1, 2]), 2, heard)
    assert "a was labeled in one video alone" in heard.lines[0]
