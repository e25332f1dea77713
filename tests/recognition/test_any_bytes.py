"""Whatever bytes are called a video: frames within the limit come out, or an `InputError`."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.errors import InputError
from asdcfer.recognition.container_length import cut_note
from asdcfer.recognition.video import read_frames
from asdcfer.recognition.video_source import read_header
from tests.fuzzing import cases, damaged, refusing
from tests.recognition.test_video_source import film

MOST = 40_000
KINDS = {
    "a.mp4": ("libx264", None),
    "b.mkv": ("libx264", None),
    "c.avi": ("mpeg4", None),
    "d.ts": ("mpeg2video", "mpegts"),
    "e.h264": ("libx264", "h264"),
    "f.mjpeg": ("mjpeg", "mjpeg"),
    "g.wmv": ("wmv2", "asf"),
    "h.flv": ("flv", None),
    "i.y4m": ("rawvideo", "yuv4mpegpipe"),
    "j.ivf": ("libvpx", "ivf"),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    frames = list(np.random.default_rng(0).integers(0, 256, (3, 32, 48, 3), np.uint8))
    return {
        name: film(folder / name, frames, codec, container).read_bytes()
        for name, (codec, container) in KINDS.items()
    }


@pytest.mark.slow
@pytest.mark.fuzz
@cases(100)
@given(data=st.data())
def test_damaged_videos(files, tmp_path, data):
    name, raw = data.draw(damaged(files))
    path = tmp_path / name
    path.write_bytes(raw)
    cut_note(path)
    with refusing(InputError):
        header = read_header(path)
        assert header.seconds is None or header.seconds >= 0
    times = []
    with refusing(InputError):
        for frame in itertools.islice(read_frames(path, max_pixels=MOST), 40):
            assert frame.image.dtype == np.uint8
            assert frame.image.shape[0] * frame.image.shape[1] <= MOST
            times.append(frame.time)
    assert times == sorted(times)
    assert {file.name for file in tmp_path.iterdir()} <= KINDS.keys()


@pytest.mark.fuzz
@cases(100)
@given(st.binary(max_size=400), st.sampled_from([b"", b"\0\0\0\x18ftypisom", b"RIFF\0\0\0\0AVI "]))
def test_any_bytes(tmp_path_factory, raw, head):
    path = tmp_path_factory.getbasetemp() / "any.mp4"
    path.write_bytes(head + raw)
    cut_note(path)
    with refusing(InputError):
        list(read_frames(path, max_pixels=MOST))
