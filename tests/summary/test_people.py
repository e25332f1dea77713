"""People: shares, means and rates, against counting by hand."""

import numpy as np
import pytest

from asdcfer.summary.events import detect_events
from asdcfer.summary.people import summarize_person
from tests.summary.standin import NAMES, track


def test_shares_of_usable_frames_sum_to_one():
    one = track("hhhsnHH")
    row = summarize_person("a", [one], NAMES, [])
    assert [row[f"share_{name}"] for name in NAMES] == [0.6, 0.2, 0.2]
    assert (row["frames"], row["usable"], row["uncertain"], row["other"]) == (7, 5, 2, 0)
    assert row["seconds"] == 1.25


def test_means_and_deviations_are_numpys():
    one = track("hhsnn", top=0.7)
    row = summarize_person("a", [one], NAMES, [])
    np.testing.assert_allclose([row[f"mean_{n}"] for n in NAMES], one.scores.mean(0), atol=1e-6)
    np.testing.assert_allclose([row[f"sd_{n}"] for n in NAMES], one.scores.std(0), atol=1e-6)


def test_frames_of_a_slow_video_stand_for_more_time():
    fast, slow = track("hhhh", step=0.25), track("s", step=1.0)
    row = summarize_person("a", [fast, slow], NAMES, [])
    assert row["share_happy"] == row["share_sad"] == 0.5


def test_rates_are_events_a_minute():
    one = track("hhhhssss" * 3)
    row = summarize_person("a", [one], NAMES, detect_events(one, NAMES))
    assert row["events_happy"] == 3
    assert row["per_minute_happy"] == pytest.approx(3 / 6 * 60)
    assert row["events_neutral"] == 0


def test_without_a_usable_frame_nothing_is_said():
    row = summarize_person("a", [track("HHH")], NAMES, [])
    assert row["usable"] == 0
    assert row["share_happy"] is None
    assert row["per_minute_happy"] is None
