from fractions import Fraction

import av
import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.recognition.recognizer import Recognizer
from asdcfer.recognition.video import read_frames, read_header
from tests.recognition import standin


def numbered(count, size=(64, 96)):
    """Frames whose brightness tells their number."""
    return [np.full((*size, 3), 4 * number, np.uint8) for number in range(count)]


def test_frames_come_in_order_with_their_times(tmp_path):
    path = standin.write_video(tmp_path / "a.mp4", numbered(40), rate=10)
    frames = list(read_frames(path))
    assert [f.index for f in frames] == list(range(40))
    assert np.allclose([f.time for f in frames], np.arange(40) / 10, atol=1e-3)
    assert max(abs(float(f.image.mean()) - 4 * f.index) for f in frames) < 4 and frames[0].image.shape == (64, 96, 3)
    third = list(read_frames(path, every=3))
    assert [f.index for f in third] == list(range(0, 40, 3)) and third[1].time == pytest.approx(0.3)
    header = read_header(path)
    assert (header.width, header.height, header.frames, header.rate) == (96, 64, 40, 10) and header.seconds == pytest.approx(4)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts"])
def test_whole_files_of_every_kind_end_without_complaint(tmp_path, suffix):
    assert len(list(read_frames(standin.write_video(tmp_path / f"a{suffix}", numbered(50))))) == 50


def moving_noise(count):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (120, 160, 3), dtype=np.uint8) for _ in range(count)]


@pytest.mark.parametrize("suffix, options", [(".mkv", {}), (".avi", {}), (".mp4", {"movflags": "faststart"})])
def test_a_video_that_breaks_off_gives_its_good_frames_and_then_says_so(tmp_path, suffix, options):
    path = standin.write_video(tmp_path / f"a{suffix}", moving_noise(75), **options)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.5)])
    seen = []
    with pytest.raises(InputError, match=r"broke off after frame \d+ \(\d"):
        for frame in read_frames(path):
            seen.append(frame.index)
    assert 15 < len(seen) < 70 and seen == list(range(len(seen)))


@pytest.mark.parametrize("content, reason", [(b"", "empty"), (b"text that is no video" * 50, "not a video")])
def test_files_that_are_no_videos(tmp_path, content, reason):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        list(read_frames(path))


def test_missing_files_sound_alone_and_wrong_arguments(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        list(read_frames(tmp_path / "none.mp4"))
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="no video stream"):
        list(read_frames(path))
    clip = standin.write_video(tmp_path / "a.mp4", numbered(3))
    with pytest.raises(InputError, match="at least 1"):
        list(read_frames(clip, every=0))
    with pytest.raises(InputError, match="96 x 64"):
        list(read_frames(clip, max_pixels=1000))


def test_a_face_keeps_its_number_leaves_and_comes_back(model, clip):
    seen = {}
    for frame in Recognizer(model).video(clip):
        for face in frame.faces:
            seen.setdefault(face.id, []).append(frame.index)
    stays = seen.pop(0)
    assert stays == list(range(60)), "the one who stands still keeps one number all along"
    # Away for 0.8 s, longer than a number is kept: the walker comes back as a new face.
    assert [frames[0] for frames in seen.values()] == [0, 40] and [len(frames) for frames in seen.values()] == [20, 20]


def test_the_path_of_a_video_is_followed_by_the_call_itself(recognizer, clip):
    faces = recognizer(clip)
    assert iter(faces) is faces
    assert len(next(faces)) == 2 and sum(1 for _ in faces) == 59
    assert [frame.index for frame in recognizer.video(clip, every=20)] == [0, 20, 40]
    explained = next(recognizer.video(clip, explain=True))
    assert all(face.attention is not None for face in explained.faces)
