"""Schedules against written-out references."""

import itertools
import math

import pytest

from asdcfer.training.engine.schedule import (
    effective_learning_rate,
    learning_rate_at,
    weight_decay_at,
)


def test_the_schedule_warms_up_peaks_once_and_falls():
    rates = [learning_rate_at(step, 100, 10, 0.5) for step in range(100)]
    assert rates[:10] == pytest.approx([0.05 * (step + 1) for step in range(10)])
    assert max(rates) == rates[9] == 0.5
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[10:]))
    assert rates[55] == pytest.approx(0.5 * (1 + math.cos(math.pi * 45 / 90)) / 2)
    assert learning_rate_at(100, 100, 10, 0.5, final_fraction=0.1) == pytest.approx(0.05)


def test_the_learning_rate_is_scaled_once():
    assert effective_learning_rate(0.06, 256, 512) == pytest.approx(0.12)
    assert effective_learning_rate(0.06, None, 512) == 0.06


def test_the_weight_decay_rises_along_half_a_cosine_or_stays():
    decays = [weight_decay_at(step, 100, 0.04, 0.4) for step in range(101)]
    assert decays == sorted(decays)
    assert (decays[0], decays[-1]) == pytest.approx((0.04, 0.4))
    assert decays[25] == pytest.approx(0.4 - 0.36 * (1 + math.cos(math.pi / 4)) / 2)
    assert weight_decay_at(7, 100, 0.04, None) == 0.04
