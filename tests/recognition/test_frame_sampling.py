"""Which frames are taken: against a slow choice, and on a real file."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.errors import InputError
from asdcfer.recognition.frame_sampling import FrameSampling, seconds_of_clock
from asdcfer.recognition.video import read_frames
from tests.recognition import standin
from tests.recognition.test_video import numbered


def taken(sampling: FrameSampling, times: list[float]) -> list[float]:
    choose = sampling.chooser()
    return [time for index, time in enumerate(times) if choose(index, time)]


@given(
    st.lists(st.floats(0.001, 0.4), min_size=1, max_size=80),
    st.floats(0.5, 40),
    st.floats(0, 3),
)
def test_one_frame_for_each_moment_of_the_grid(gaps, fps, start):
    times = [sum(gaps[:i]) for i in range(len(gaps))]
    found = taken(FrameSampling(fps=fps, start=start), times)
    # Slow: of each cell of the grid the first frame, as the frames come.
    slow: dict[int, float] = {}
    for time in times:
        if time >= start - 1e-6:
            slow.setdefault(math.floor((time - start) * fps + 1e-6), time)
    assert found == list(slow.values())


@given(st.integers(1, 9), st.integers(0, 30), st.integers(1, 60))
def test_every_nth_from_the_beginning_of_the_part(every, first, count):
    times = [i / 10 for i in range(count)]
    part = [time for time in times if time >= first / 10 - 1e-6]
    assert taken(FrameSampling(every=every, start=first / 10), times) == part[::every]


def test_a_real_file_by_time(tmp_path):
    path = standin.write_video(tmp_path / "a.mp4", numbered(50))
    frames = list(read_frames(path, FrameSampling(fps=5, start=0.4, end=1.2)))
    assert [round(frame.time, 3) for frame in frames] == [0.4, 0.6, 0.8, 1.0]
    assert [frame.index for frame in frames] == [10, 15, 20, 25]
    assert len(list(read_frames(path, FrameSampling(fps=100)))) == 50


def test_the_rate_of_a_copy():
    assert FrameSampling(every=5).rate(25) == 5
    assert FrameSampling(fps=3).rate(25) == 3
    assert FrameSampling(fps=60).rate(25) == 25


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"every": 0}, "at least 1, not 0"),
        ({"fps": 0}, "more than 0, not 0"),
        ({"fps": math.nan}, "more than 0"),
        ({"fps": 3, "every": 2}, "not both"),
        ({"start": -1}, "not from -1"),
        ({"start": 5, "end": 5}, "must come after"),
    ],
)
def test_what_takes_no_frame_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        FrameSampling(**values)


@pytest.mark.parametrize("text", ["", "1:2:3:4", "soon", "-5", "1:-2", "nan", "1:"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(InputError, match="write 80, 1:20 or 1:02:03"):
        seconds_of_clock(text)
