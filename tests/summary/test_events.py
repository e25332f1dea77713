"""Events: against a slow reading frame by frame, and what holds for all of them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from asdcfer.summary.events import EventOptions, detect_events
from asdcfer.summary.score_table import Track
from tests.summary.standin import NAMES, track


def spans(letters: str, **options: float) -> list[tuple[str, float, float]]:
    found = detect_events(track(letters), NAMES, EventOptions(**options))
    return [(event.expression[0], event.start, event.end) for event in found]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("hhhh", [("h", 0, 1)]),
        ("hhss", [("h", 0, 0.5), ("s", 0.5, 1)]),
        ("hsss", [("s", 0.25, 1)]),
        ("hhHhh", [("h", 0, 1.25)]),
        ("hh....hh", [("h", 0, 0.5), ("h", 1.5, 2)]),
        ("HHHH", []),
        ("h", []),
    ],
)
def test_what_is_an_event(letters, expected):
    assert spans(letters) == expected


def test_a_trembling_score_is_one_event():
    yes = np.ones(8, bool)
    happy = np.array([0.55, 0.45, 0.52, 0.4, 0.6, 0.36, 0.51, 0.3])
    scores = np.stack([happy, (1 - happy) / 2, (1 - happy) / 2], 1)
    one = Track("a", "v", np.arange(8) / 4, scores, yes, ~yes, 0.25)
    assert len(detect_events(one, NAMES)) == 1
    assert len(detect_events(one, NAMES, EventOptions(end=0.5, shortest=0))) == 4


def test_a_photo_has_no_events():
    assert detect_events(track("hh", step=0.0), NAMES) == []


def test_thresholds_out_of_order_are_refused():
    with pytest.raises(ValidationError, match="end <= begin"):
        EventOptions(begin=0.3, end=0.5)


frames = st.lists(
    st.tuples(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), st.booleans(), st.booleans()),
    min_size=1,
    max_size=60,
)


@given(frames, st.floats(0.3, 0.9), st.floats(0.05, 0.3), st.sampled_from([0, 0.3, 1.0]))
def test_events_never_overlap_and_keep_their_promises(found, begin, end, shortest):
    step = 0.1
    rows = [
        (i * step, np.array(s) / sum(s), usable)
        for i, (s, usable, seen) in enumerate(found)
        if seen
    ]
    if not rows:
        return
    usable = np.array([fine for *_, fine in rows])
    scores = np.stack([score for _, score, _ in rows])
    one = Track("a", "v", np.array([t for t, *_ in rows]), scores, usable, ~usable, step)
    options = EventOptions(begin=begin, end=end, shortest=shortest)
    events = detect_events(one, NAMES, options)
    for before, after in itertools.pairwise(events):
        assert before.end <= after.start + 1e-9
    for event in events:
        inside = (one.times >= event.start - 1e-9) & (one.times < event.end - 1e-9) & one.usable
        own = scores[inside][:, NAMES.index(event.expression)]
        assert event.duration >= shortest - 1e-6
        assert own[0] >= begin
        assert own.min() >= end
        assert event.peak == pytest.approx(own.max())
        assert event.mean == pytest.approx(own.mean())
    # Nothing is missed: a frame that could begin an event lies in one, or in a stretch too short.
    if shortest == 0:
        for moment, score, fine in rows:
            if fine and score.max() >= begin:
                assert any(e.start - 1e-9 <= moment < e.end + 1e-9 for e in events)
