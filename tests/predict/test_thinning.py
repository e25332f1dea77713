"""Thinning: against a slow mean stretch by stretch, in one part or in many."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.predict.thinning import MOST_POINTS, Thinned


@given(
    st.lists(st.integers(0, 99), max_size=80), st.integers(2, 30), st.integers(0, 5), st.booleans()
)
def test_means_of_every_stretch(moments, points, begin, in_parts):
    times = begin + np.array(moments, float) / 10
    values = np.stack([times**2, -times], 1) if moments else np.zeros((0, 2))
    series = Thinned(begin, begin + 10, points, 2)
    if in_parts:
        for moment, row in zip(times, values, strict=True):
            series.add(np.array([moment]), row[None])
    else:
        series.add(times, values)
    for place in range(points):
        inside = [at for at, moment in enumerate(moments) if moment * points // 100 == place]
        expected = values[inside].mean(0) if inside else [math.nan] * 2
        assert series.means[place] == pytest.approx(expected, nan_ok=True)
        assert series.times[place] == pytest.approx(begin + 10 * (place + 0.5) / points)


def test_the_number_of_points_is_bounded_and_a_moment_is_no_division_by_zero():
    assert len(Thinned(0, 1e6, 10**9, 3).times) == MOST_POINTS
    assert len(Thinned(0, 1e6, math.inf, 3).times) == MOST_POINTS
    series = Thinned(2, 2, 1, 1)
    series.add(np.array([2.0, 9.0]), np.array([[0.5], [0.7]]))
    assert np.nanmean(series.means) == pytest.approx(0.6)
