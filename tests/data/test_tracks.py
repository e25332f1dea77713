"""Tracks and times, read from ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.data.tracks import Moment, moment_id, moment_of, recordings, track_moments


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


@given(
    st.text(min_size=1),
    st.integers(0, 10**9),
    st.integers(0, 10**9).map(lambda thousandths: thousandths / 1000),
)
def test_what_an_id_says_is_what_it_was_made_of(video, track, seconds):
    moment = Moment(video, track, seconds)
    assert moment_of(moment_id(moment)) == moment


def test_faces_of_one_video_or_photo_are_of_one_recording():
    ids = ["x#1.mp4#2@0.5", "x#1.mp4#3@9", "b/two.jpg", "b/two.jpg#2", "c#", "row 17"]
    expected = ["x#1.mp4", "x#1.mp4", "b/two.jpg", "b/two.jpg", "c#", "row 17"]
    assert recordings(ids) == expected
