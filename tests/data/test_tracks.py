"""Tracks and times, read from ids."""

import pytest

from asdcfer.data.tracks import track_moments


def test_faces_of_one_track_share_a_number_and_keep_their_time():
    ids = ["b/x.mp4#2@0", "b/x.mp4#2@0.5", "b/x.mp4#3@0.5", "y.mp4#2@12.25"]
    tracks, seconds = track_moments(ids)
    assert tracks.tolist() == [0, 0, 1, 2]
    assert seconds.tolist() == [0, 0.5, 0.5, 12.25]


@pytest.mark.parametrize(
    "name", ["face.png", "x.mp4#a@1", "x.mp4#1", "x.mp4@1.5", "#1@2", "x#1@", "x#1@2s", ""]
)
def test_other_ids_are_of_no_track(name):
    tracks, seconds = track_moments([name])
    assert (tracks.tolist(), seconds.tolist()) == ([-1], [0.0])


def test_a_name_may_hold_the_marks_itself():
    tracks, _ = track_moments(["take#1@home.mp4#0@1", "take#1@home.mp4#0@2"])
    assert tracks.tolist() == [0, 0]
