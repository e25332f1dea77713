"""Linear heads: answers for a fold come from a head that never saw it."""

import numpy as np
import pytest

from asdcfer.adaptation.linear_heads import LinearHead, cross_validated_head, fitted_head
from tests.adaptation.standin import given_of
from tests.evaluation.standin import blobs


def test_answers_of_a_fold_are_those_of_a_head_fitted_to_the_others():
    x, labels = blobs(60, 12, 3)
    given, folds = given_of(labels), np.arange(60) % 3
    logits, head = cross_validated_head(x, given, folds)
    for fold in range(3):
        own = folds != fold
        alone = fitted_head(x[own], labels[own], given.groups[own], 3)
        np.testing.assert_allclose(logits[~own], alone.logits(x[~own]), rtol=1e-4, atol=1e-4)
    assert head.weight.shape == (12, 3)


def test_noise_is_answered_by_chance_and_not_learnt_by_heart():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(120, 200)).astype(np.float32), np.arange(120) % 2
    logits, head = cross_validated_head(x, given_of(labels), np.arange(120) // 2 % 4)
    assert (head.logits(x).argmax(1) == labels).mean() > 0.9
    assert 0.3 < (logits.argmax(1) == labels).mean() < 0.7


def test_a_group_that_gives_itself_away_is_no_help_across_groups():
    """Each group has a mark and one label: only torn groups could be answered from it."""
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(12), 10)
    labels = rng.permutation(np.arange(12) % 2)[groups]
    marks = rng.normal(size=(12, 30))[groups]
    x = (marks + 0.1 * rng.normal(size=marks.shape)).astype(np.float32)
    torn, _ = cross_validated_head(x, given_of(labels), np.arange(120) % 4)
    whole, _ = cross_validated_head(x, given_of(labels, groups), groups % 4)
    assert (torn.argmax(1) == labels).mean() > 0.95
    assert (whole.argmax(1) == labels).mean() < 0.8


@pytest.mark.parametrize("faces", [2, 4])
def test_a_handful_of_faces_is_enough(faces):
    x, labels = np.eye(faces, 5, dtype=np.float32), np.arange(faces) % 2
    head = fitted_head(x, labels, np.arange(faces), 2)
    assert (head.logits(x).argmax(1) == labels).all()


def test_a_head_after_another_is_their_composition():
    rng = np.random.default_rng(0)
    first = LinearHead(rng.normal(size=(6, 4)), rng.normal(size=4))
    second = LinearHead(rng.normal(size=(4, 3)), rng.normal(size=3), 0.1)
    x = rng.normal(size=(9, 6))
    both = second.after(first)
    np.testing.assert_allclose(both.logits(x), second.logits(first.logits(x)))
    assert both.penalty == 0.1
