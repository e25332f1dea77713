"""A frame stands as a player shows it: every mirror and turn, and pixels that are not square."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from asdcfer.recognition.video_picture import pixel_aspect, shown_size, turned

STORED = np.arange(6).reshape(2, 3)
ONE = 1 << 16


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((1, 0, 0, 1), STORED),
        ((-1, 0, 0, 1), STORED[:, ::-1]),
        ((1, 0, 0, -1), STORED[::-1]),
        ((-1, 0, 0, -1), STORED[::-1, ::-1]),
        ((0, 1, -1, 0), np.rot90(STORED, -1)),
        ((0, -1, 1, 0), np.rot90(STORED, 1)),
        ((0, 1, 1, 0), STORED.T),
        ((0, -1, -1, 0), STORED[::-1, ::-1].T),
    ],
)
def test_each_of_the_eight_ways_a_picture_can_lie(matrix, expected):
    """`matrix` sends a point to x' = a x + c y, y' = b x + d y, as every player reads it."""
    given = turned(STORED, tuple(value * ONE for value in matrix))
    assert np.array_equal(given, expected)
    a, b, c, d = matrix
    low = [min(a * x + c * y for x in (0, 2) for y in (0, 1)), 0]
    low[1] = min(b * x + d * y for x in (0, 2) for y in (0, 1))
    for (y, x), value in np.ndenumerate(STORED):
        assert given[b * x + d * y - low[1], a * x + c * y - low[0]] == value


def test_scale_slant_and_nothing_leave_the_nearest_turn():
    assert np.array_equal(turned(STORED, (2 * ONE, 0, 0, 2 * ONE)), STORED)
    assert np.array_equal(turned(STORED, (60_000, 20_000, -20_000, 60_000)), STORED)
    assert np.array_equal(turned(STORED, (0, 0, 0, 0)), STORED)
    assert turned(STORED, None) is STORED


@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        (Fraction(1), (720, 480)),
        (Fraction(32, 27), (853, 480)),
        (Fraction(8, 9), (720, 540)),
        (Fraction(2), (1440, 480)),
    ],
)
def test_pixels_that_are_not_square_only_grow(aspect, size):
    assert shown_size(720, 480, aspect) == size


@pytest.mark.parametrize(
    ("said", "aspect"),
    [(None, 1), (Fraction(0), 1), (Fraction(16, 15), Fraction(16, 15)), (Fraction(9000), 1)],
)
def test_nonsense_of_a_header_is_no_aspect(said, aspect):
    assert pixel_aspect(SimpleNamespace(sample_aspect_ratio=said)) == aspect
