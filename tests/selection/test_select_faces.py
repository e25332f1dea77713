"""Every way of selecting: as many as asked for, none twice, none that is taken, and repeatable."""

import numpy as np
import pytest

from asdcfer.errors import DataError
from asdcfer.selection.select_faces import SELECTIONS, select_faces

POINTS = np.random.default_rng(0).normal(size=(80, 4)).astype(np.float32)
SAID = np.random.default_rng(1).dirichlet(np.ones(3), 80)


@pytest.mark.parametrize("method", SELECTIONS)
@pytest.mark.parametrize("count", [1, 30, 60, 1000])
def test_as_many_as_wanted_and_none_twice(method, count) -> None:
    taken = [3, 50, 51, 9]
    found = select_faces(method, POINTS, count, taken=taken, probabilities=SAID, seed=2)
    again = select_faces(method, POINTS, count, taken=taken, probabilities=SAID, seed=2)
    assert len(found) == min(count, 76) == len(set(found.tolist()))
    assert not set(found.tolist()) & set(taken)
    assert np.array_equal(found, again)


def test_uncertain_faces_are_those_a_model_is_unsure_of() -> None:
    said = np.zeros((80, 2))
    said[:, 0] = np.where(np.arange(80) < 20, 0.5, 1.0)
    said[:, 1] = 1 - said[:, 0]
    found = select_faces("uncertain", POINTS, 20, probabilities=said)
    assert set(found.tolist()) == set(range(20))


@pytest.mark.parametrize(
    ("method", "count", "told"),
    [
        ("typical", 3, "unknown method 'typical'; choose stratified"),
        ("uncertain", 3, "needs `model`"),
        ("stratified", 3, "needs `model`"),
        ("random", 0, "count 0"),
    ],
)
def test_bad_input_is_told(method, count, told) -> None:
    with pytest.raises(DataError, match=told):
        select_faces(method, POINTS, count)
