"""Joining: against a slow reading time by time, and what events gain by it."""

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.summary.events import EventOptions, detect_events
from asdcfer.summary.joining import join_tracks
from tests.summary.standin import NAMES, track

letters = st.text("hsnHSN.", min_size=1, max_size=30).filter(lambda text: set(text) != {"."})


def test_an_event_goes_on_where_the_tracker_began_anew():
    tracks = [track("hhh..."), track("...hhh")]
    (joined,) = join_tracks(tracks)
    (event,) = detect_events(joined, NAMES)
    assert (event.start, event.end) == (0, 1.5)
    assert sum(len(detect_events(one, NAMES)) for one in tracks) == 2


def test_files_stay_apart_and_a_single_track_stays_as_it_is():
    here = track("hh")
    there = replace(track("ss"), file="w.mp4")
    assert join_tracks([here, there]) == [here, there]
    assert join_tracks([]) == []


@given(st.lists(letters, min_size=2, max_size=4))
def test_the_best_row_of_every_time_is_kept(texts):
    tracks = [track(text, top=0.6 + 0.1 * at) for at, text in enumerate(texts)]
    (joined,) = join_tracks(tracks)
    rows = [
        (moment, bool(fine), float(scores.max()))
        for one in tracks
        for moment, fine, scores in zip(one.times, one.usable, one.scores, strict=True)
    ]
    times = sorted({moment for moment, *_ in rows})
    assert joined.times.tolist() == times
    for at, moment in enumerate(times):
        fine, top = max((fine, top) for time, fine, top in rows if time == moment)
        assert (bool(joined.usable[at]), float(joined.scores[at].max())) == (fine, top)
    events = detect_events(joined, NAMES, EventOptions(shortest=0))
    for before, after in itertools.pairwise(events):
        assert before.end <= after.start + 1e-9
    assert not np.any(joined.usable & joined.uncertain)
