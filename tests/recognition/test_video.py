import functools
import gc
import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.tracking import overlap
from asdcfer.recognition.video import read_frames
from asdcfer.recognition.video_source import read_header
from tests.recognition import standin


def numbered(count, size=(64, 96)):
    """Frames whose brightness tells their number."""
    return [np.full((*size, 3), 4 * number, np.uint8) for number in range(count)]


def test_frames_come_in_order_with_their_times(tmp_path):
    path = standin.write_video(tmp_path / "a.mp4", numbered(40), rate=10)
    frames = list(read_frames(path))
    assert [f.index for f in frames] == list(range(40))
    assert np.allclose([f.time for f in frames], np.arange(40) / 10, atol=1e-3)
    assert max(abs(float(f.image.mean()) - 4 * f.index) for f in frames) < 4
    assert frames[0].image.shape == (64, 96, 3)
    third = list(read_frames(path, FrameSampling(3)))
    assert [f.index for f in third] == list(range(0, 40, 3))
    assert third[1].time == pytest.approx(0.3)
    header = read_header(path)
    assert (header.width, header.height, header.frames, header.rate) == (
        96,
        64,
        40,
        10,
    )
    assert header.seconds == pytest.approx(4)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts"])
def test_whole_files_of_every_kind_end_without_complaint(tmp_path, suffix):
    assert len(list(read_frames(standin.write_video(tmp_path / f"a{suffix}", numbered(50))))) == 50


def moving_noise(count):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (120, 160, 3), dtype=np.uint8) for _ in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "options"), [(".mkv", {}), (".avi", {}), (".mp4", {"movflags": "faststart"})]
)
def test_a_video_that_breaks_off_gives_its_good_frames_and_then_says_so(tmp_path, suffix, options):
    path = standin.write_video(tmp_path / f"a{suffix}", moving_noise(75), **options)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.5)])
    seen = []
    with pytest.raises(InputError, match=r"broke off after frame \d+ \(\d"):
        seen.extend(frame.index for frame in read_frames(path))
    assert 15 < len(seen) < 70
    assert seen == list(range(len(seen)))


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """Fifty frames of noise as the bytes of a file, encoded once a codec."""

    @functools.cache
    def encode(suffix, codec):
        path = tmp_path_factory.mktemp("encoded") / f"a{suffix}"
        frames = moving_noise(50)
        return standin.write_video(path, frames, codec=codec, movflags="faststart").read_bytes()

    return encode


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.8, 0.97])
@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        (".mp4", "libx264"),
        (".mkv", "libx264"),
        (".avi", "mpeg4"),
        (".avi", "mjpeg"),
        (".webm", "libvpx"),
        (".wmv", "wmv2"),
        (".flv", "flv"),
        (".mpg", "mpeg2video"),
    ],
)
def test_a_cut_at_any_place_is_told(tmp_path, encoded, suffix, codec, share):
    path = tmp_path / f"a{suffix}"
    whole = encoded(suffix, codec)
    path.write_bytes(whole[: int(len(whole) * share)])
    seen = []
    with pytest.raises(
        InputError,
        match=r"broke off after .* (missing at its end|its last frame is cut|[Ii]nvalid data)",
    ):
        seen.extend(frame.index for frame in read_frames(path))
    assert 50 * share - 14 < len(seen) < 50
    assert seen == list(range(len(seen)))


def test_an_index_at_the_end_that_is_cut_off_leaves_nothing_and_says_so(tmp_path):
    path = standin.write_video(tmp_path / "a.mp4", numbered(30))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"missing at its end, and its index \(moov\) with them"):
        list(read_frames(path))


def test_half_a_frame_is_not_given(tmp_path):
    """A decoder fills in what is missing of the last frame, and a face in it could be anything."""
    noise = moving_noise(10)
    path = standin.write_video(tmp_path / "a.avi", noise, codec="mjpeg")
    whole = [frame.image for frame in read_frames(path)]
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.75)])
    seen = []
    with pytest.raises(InputError, match="broke off"):
        seen.extend(frame.image for frame in read_frames(path))
    assert 4 < len(seen) < 9
    assert all(np.array_equal(a, b) for a, b in zip(seen, whole, strict=False))


def joined(tmp_path, parts):
    """Transport streams one after the other: the clock starts again, and the size changes, with
    each.
    """
    data = b"".join(
        standin.write_video(tmp_path / f"part{number}.ts", frames).read_bytes()
        for number, frames in enumerate(parts)
    )
    (tmp_path / "joined.ts").write_bytes(data)
    return tmp_path / "joined.ts"


def test_frames_that_were_read_are_not_waited_for_by_the_garbage_collector(tmp_path):
    """Each would hold its pixels and the threads of its conversion."""
    path = standin.write_video(tmp_path / "v.mp4", numbered(40))

    def held():
        found = (one for one in gc.get_objects() if type(one) is av.VideoFrame)
        return sum(frame.width > 16 for frame in found)

    gc.collect()
    gc.disable()
    try:
        before = held()
        for frame in read_frames(path):
            assert held() <= before + 6, frame.index
        assert held() <= before + 1, "the first may be, whose copy was asked"
    finally:
        gc.enable()


def test_the_clock_of_joined_recordings_runs_on(tmp_path):
    times = [frame.time for frame in read_frames(joined(tmp_path, [numbered(20), numbered(20)]))]
    assert np.allclose(times, np.arange(40) / 25, atol=1e-3)


@pytest.mark.slow
def test_pictures_that_change_their_size_have_boxes_of_their_own(model, tmp_path):
    first, second = standin.moving_frames(12), [standin.both()] * 12
    frames = list(Recognizer(model).video(joined(tmp_path, [first, second])))
    assert [frame.image.shape for frame in frames] == [(220, 520, 3)] * 12 + [(512, 1024, 3)] * 12
    alone = Recognizer(model)(standin.both())
    assert all(overlap(a.box, b.box) > 0.8 for a, b in zip(frames[-1].faces, alone, strict=True)), (
        "in pixels of the frame that they are in"
    )
    before, after = (
        {face.id for frame in part for face in frame.faces} for part in (frames[:12], frames[12:])
    )
    assert len(before) == len(after) == 2
    assert not before & after, "nobody takes over the number, and the scores, of another"


def test_a_later_frame_that_is_too_large_is_refused(tmp_path):
    path, seen = joined(tmp_path, [numbered(10), numbered(10, (240, 320))]), []
    with pytest.raises(InputError, match="broke off"):
        seen.extend(frame.image.shape for frame in read_frames(path, max_pixels=64 * 96 + 5000))
    assert set(seen) == {(64, 96, 3)}


def test_a_play_list_is_not_followed(tmp_path):
    standin.write_video(tmp_path / "part.ts", numbered(5))
    path = tmp_path / "list.mp4"
    path.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/part.ts\n#EXT-X-ENDLIST\n"
    )
    with pytest.raises(InputError):
        list(read_frames(path))


def test_a_play_list_of_files_on_this_machine_is_not_followed_either(tmp_path):
    standin.write_video(tmp_path / "ok.avi", numbered(5))
    for named in ("ok.avi", "list.mp4"):
        path = tmp_path / "list.mp4"
        path.write_text(f"ffconcat version 1.0\nfile {named}\n")
        with pytest.raises(InputError, match="not a video that can be read"):
            list(read_frames(path))


def test_a_codec_that_is_not_known_is_one_line(tmp_path):
    path = standin.write_video(tmp_path / "a.avi", numbered(5))
    data = path.read_bytes()
    assert data.count(b"FMP4") >= 2
    path.write_bytes(data.replace(b"FMP4", b"QQ7Z"))
    for read in (read_header, lambda path: list(read_frames(path))):
        with pytest.raises(InputError, match=r"a\.avi: its video codec is not known"):
            read(path)


def test_a_video_that_may_not_be_read_is_one_line(tmp_path, monkeypatch):
    path = standin.write_video(tmp_path / "a.mp4", numbered(5))

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("av.open", refused)
        with pytest.raises(
            InputError, match=r"a\.mp4: not a video that can be read \(Permission denied\)"
        ):
            read_header(path)
    for place in ("pathlib.Path.is_file", "pathlib.Path.open"):
        with monkeypatch.context() as patch:
            patch.setattr(place, refused)
            with pytest.raises(InputError, match=r"a\.mp4: cannot be opened \(Permission denied"):
                read_header(path)
    with pytest.raises(InputError):
        read_header(tmp_path / ("long" * 100))


@pytest.mark.parametrize("skipped", [0, 25])
def test_a_trimmed_mp4_ends_without_complaint(tmp_path, skipped):
    """Its edit list shows half of the frames that it holds."""
    path = standin.write_video(tmp_path / "a.mp4", numbered(50))
    data = bytearray(path.read_bytes())
    edit = data.find(b"elst") + 12
    length, begin = struct.unpack(">Ii", data[edit : edit + 8])
    assert length == 2000
    data[edit : edit + 8] = struct.pack(">Ii", 1000, begin + skipped * 12800 // 25)
    path.write_bytes(data)
    frames = list(read_frames(path))
    assert len(frames) == 25
    assert frames[-1].time == pytest.approx(0.96, abs=0.01)
    assert abs(float(frames[0].image.mean()) - 4 * skipped) < 4
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError):
        list(read_frames(path))


@pytest.mark.parametrize(
    ("turns", "matrix"),
    [(0, (1, 0, 0, 1)), (1, (0, -1, 1, 0)), (2, (-1, 0, 0, -1)), (3, (0, 1, -1, 0))],
)
def test_a_video_is_turned_as_its_display_matrix_says(tmp_path, turns, matrix):
    """`matrix` (a, b, c, d) sends a point of the stored frame to x = a p + c q, y = b p + d q of
    the shown one; phones write portrait video so.
    """
    stored = np.zeros((64, 96, 3), np.uint8)
    stored[:24, :32] = 255
    path = standin.write_video(tmp_path / "a.mp4", [stored] * 3)
    data = bytearray(path.read_bytes())
    a, b, c, d = matrix
    place = data.find(b"tkhd") + 44
    assert struct.unpack(">9i", data[place : place + 36]) == (
        1 << 16,
        0,
        0,
        0,
        1 << 16,
        0,
        0,
        0,
        1 << 30,
    )
    data[place : place + 36] = struct.pack(
        ">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30
    )
    path.write_bytes(data)
    shown = next(read_frames(path)).image
    corner = {0: (0, 0), 1: (-1, 0), 2: (-1, -1), 3: (0, -1)}[turns]
    assert shown.shape == ((64, 96, 3) if turns % 2 == 0 else (96, 64, 3))
    assert {
        place: int(shown[place].mean()) > 128 for place in ((0, 0), (0, -1), (-1, 0), (-1, -1))
    } == {place: place == corner for place in ((0, 0), (0, -1), (-1, 0), (-1, -1))}


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty"), (b"text that is no video" * 50, "not a video")]
)
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
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 800), np.int16), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match="no video stream"):
        list(read_frames(path))
    clip = standin.write_video(tmp_path / "a.mp4", numbered(3))
    with pytest.raises(InputError, match="at least 1"):
        list(read_frames(clip, FrameSampling(0)))
    with pytest.raises(InputError, match="96 x 64"):
        list(read_frames(clip, max_pixels=1000))


@pytest.mark.slow
def test_a_face_keeps_its_number_leaves_and_comes_back(model, clip):
    seen = {}
    for frame in Recognizer(model).video(clip):
        for face in frame.faces:
            seen.setdefault(face.id, []).append(frame.index)
    stays = seen.pop(0)
    assert stays == list(range(60)), "the one who stands still keeps one number all along"
    # Away for 0.8 s, longer than a number is kept: the walker comes back as a new face.
    assert [frames[0] for frames in seen.values()] == [0, 40]
    assert [len(frames) for frames in seen.values()] == [20, 20]


@pytest.mark.slow
def test_the_path_of_a_video_is_followed_by_the_call_itself(recognizer, clip):
    faces = recognizer(clip)
    assert iter(faces) is faces
    assert len(next(faces)) == 2
    assert sum(1 for _ in faces) == 59
    assert [frame.index for frame in recognizer.video(clip, every=20)] == [0, 20, 40]
    explained = next(recognizer.video(clip, explain=True))
    assert all(face.attention is not None for face in explained.faces)
