"""Recordings of one person, and groups of names."""

import itertools

import networkx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.predict.people.track_features import _as_text
from asdcfer.recordings.person_groups import joined, seen_together


def track(file, number, direction, frames=5, seen_with=()):
    feature = np.zeros(8)
    feature[direction] = 1
    return {
        "file": file,
        "track": number,
        "frames": frames,
        "first": 0.0,
        "seen_with": list(seen_with),
        "feature": _as_text(feature),
    }


def test_a_face_that_looks_alike_joins_its_recordings():
    tracks = [
        track("a", 0, 0),
        track("a", 1, 1, seen_with=[0]),
        track("b", 0, 2),
        track("c", 0, 1),
        track("d", 0, 3),
    ]
    assert seen_together(tracks, lambda means: means) == [["a", "c"]]
    assert seen_together([], lambda means: means) == []


def test_no_more_tracks_are_compared_than_may_be_and_the_longest_are():
    tracks = [track("a", n, n % 8, frames=n) for n in range(50)]
    tracks += [track("b", n, 1, frames=1) for n in range(50)]
    seen = []

    def vectors(means):
        seen.append(len(means))
        return means

    assert seen_together(tracks, vectors, most=2) == [["a", "b"]]
    assert seen == [2]


names = st.text("abcdefgh", min_size=1, max_size=1)


@given(st.lists(names, unique=True), st.lists(st.lists(names, max_size=4), max_size=6))
def test_groups_are_the_connected_parts(known, together):
    graph = networkx.Graph()
    graph.add_nodes_from(known)
    for group in together:
        own = [name for name in group if name in known]
        graph.add_edges_from(itertools.pairwise(own))
    expected = {}
    for part in networkx.connected_components(graph):
        first = min(part, key=known.index)
        expected |= dict.fromkeys(part, first)
    assert joined(known, together) == expected
