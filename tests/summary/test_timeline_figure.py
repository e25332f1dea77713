"""The timeline: lines where scores are, gaps where they are not, bars where events are."""

import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asdcfer.recognition.palette import LOOKS, looks
from asdcfer.summary.events import detect_events
from asdcfer.summary.timeline_figure import clock, curve, dashes, tick_times, timeline_figure
from tests.summary.standin import NAMES, track


def points(path: str) -> list[list[tuple[float, float]]]:
    """Read a path back as its separate lines."""
    return [
        [tuple(map(float, pair.split())) for pair in re.split("L", part.removesuffix("h1"))]
        for part in path.split("M")[1:]
    ]


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=40))
def test_lines_break_where_nothing_is_known(scores):
    values = np.array([math.nan if one is None else one for one in scores])
    lines = points(curve(values))
    runs = [
        run for run in re.split("n+", "".join("n" if s is None else "x" for s in scores)) if run
    ]
    assert [len(line) for line in lines] == [len(run) for run in runs]
    read = [pair for line in lines for pair in line]
    known = [at for at, one in enumerate(scores) if one is not None]
    for (x, y), at in zip(read, known, strict=True):
        assert x == pytest.approx((at + 0.5) * 1000 / len(scores), rel=1e-3)
        assert y == pytest.approx(100 * (1 - scores[at]), abs=0.06)


@given(st.floats(0, 1e4), st.floats(0.2, 2e4))
@example(0.001953125, 12601.0)
def test_ticks_are_round_few_and_inside(begin, long):
    ticks = tick_times(begin, begin + long)
    assert all(begin - 1e-3 <= tick <= begin + long + 1e-3 for tick in ticks)
    assert len(ticks) <= 8
    assert len({clock(tick) for tick in ticks}) == len(ticks)


class _Bars(HTMLParser):
    """The bars of events, by their titles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.styles: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "span" and "title" in found:
            self.styles[found["title"]] = found["style"]


def test_every_event_is_a_bar_of_its_length():
    one = track("hhhh..ssss")
    text = timeline_figure(one, NAMES, detect_events(one, NAMES), looks(NAMES))
    bars = _Bars(text).styles
    assert list(bars) == ["happy, 0 s to 1 s", "sad, 1.5 s to 2.5 s"]
    assert "--from:0%;--long:40%" in bars["happy, 0 s to 1 s"]
    assert "--from:60%;--long:40%" in bars["sad, 1.5 s to 2.5 s"]
    assert LOOKS["happy"].light in bars["happy, 0 s to 1 s"]
    assert text.count("<path ") == 2, "neutral never rises over the axis"
    assert dashes(LOOKS["sad"]) in text
    assert "Events: happy from 0 s to 1 s, sad from 1.5 s to 2.5 s." in text


def test_names_are_no_markup():
    one = replace(track("hh"), person='"><b>', file="<i>.mp4")
    text = timeline_figure(one, NAMES, [], looks(NAMES))
    assert "<b>" not in text
    assert "<i>" not in text
    assert "Events: none." in text
