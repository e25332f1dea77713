"""A part of a video is the same whether it is sought or decoded up to."""

from fractions import Fraction

import av
import numpy as np
import pytest

from asdcfer.recognition import video
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.seek import find_entry
from asdcfer.recognition.video import read_frames

UNEVEN = np.cumsum(np.random.default_rng(0).integers(10, 120, 90)).tolist()
EVEN = [40 * number for number in range(90)]


def film(path, times=EVEN, codec="libx264", options=None, pixels="yuv420p"):
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=options or {})
        stream.width = stream.height = 48
        stream.pix_fmt = pixels
        stream.codec_context.gop_size = 15
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, time in enumerate(times):
            image = np.full((48, 48, 3), number * 2, np.uint8)
            image[:, number % 48 :] = 255
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


OPEN = {"x264-params": "bframes=3:open-gop=1:keyint=15:min-keyint=5"}
ONE = {"x264-params": "keyint=500:scenecut=0"}
FILMS = {
    "a.mp4": {},
    "b.mp4": {"options": OPEN},
    "b.mkv": {"options": OPEN},
    "uneven.mp4": {"times": UNEVEN},
    "uneven.mkv": {"times": UNEVEN},
    "late.mkv": {"times": [time + 3000 for time in EVEN]},
    "late.mp4": {"times": [time + 3000 for time in EVEN]},
    "m.mov": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "9.webm": {"codec": "libvpx-vp9"},
    "4.mp4": {"codec": "mpeg4", "options": {"bf": "2"}},
    "t.ts": {},
    "a.avi": {"codec": "mpeg4"},
    "8.webm": {"codec": "libvpx"},
}
SOUGHT = FILMS.keys() - {"t.ts", "a.avi", "8.webm"}


def rows(path, sampling):
    return [(f.index, f.time, f.image.tobytes()) for f in read_frames(path, sampling)]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILMS)
def test_the_same_frames_with_the_same_numbers(tmp_path, monkeypatch, name):
    path = film(tmp_path / name, **FILMS[name])
    every = rows(path, None)
    entered = []

    def watched(path, seconds):
        entered.append(find_entry(path, seconds))
        return entered[-1]

    for sampling in (
        FrameSampling(start=1.3),
        FrameSampling(every=3, start=2.01, end=3.0),
        FrameSampling(fps=4, start=2.5),
    ):
        monkeypatch.setattr(video, "find_entry", watched)
        sought = rows(path, sampling)
        monkeypatch.setattr(video, "find_entry", lambda path, seconds: None)
        assert sought == rows(path, sampling)
        assert set(sought) <= set(every)
        assert sought
    assert all((entry is not None) == (name in SOUGHT) for entry in entered)


def test_only_what_is_near_is_decoded(tmp_path):
    entry = find_entry(film(tmp_path / "a.mp4"), 2.5)
    assert entry is not None
    key = entry.number(entry.stamp)
    assert key is not None
    assert 25 * 2.5 - 16 <= key <= 25 * 2.5
    assert entry.number(None) is None
    assert entry.number(entry.stamp + 1) is None


def test_where_the_first_frame_is_the_only_key(tmp_path):
    assert find_entry(film(tmp_path / "a.mp4", options=ONE), 2.5) is None
    assert find_entry(film(tmp_path / "b.mp4"), 0.1) is None


def test_a_part_after_the_end_is_empty(tmp_path):
    assert rows(film(tmp_path / "a.mp4"), FrameSampling(start=60)) == []
