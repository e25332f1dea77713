"""Which file is a video, which of its streams is shown, and when its clock begins."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from asdcfer.errors import InputError
from asdcfer.recognition.video import read_frames
from asdcfer.recognition.video_source import VIDEO_SUFFIXES, read_header
from tests.recognition import standin

STORED = np.zeros((64, 96, 3), np.uint8)
STORED[:24, :32] = 255


def film(path, frames, codec="libx264", container=None, **values):
    """Encode RGB frames; values are those of the encoder."""
    with av.open(f"file:{path}", "w", format=container) as out:
        stream = out.add_stream(codec, rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for name, value in values.items():
            setattr(stream.codec_context, name, value)
        for image in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.h264", "libx264", "h264"),
        ("a.mjpeg", "mjpeg", "mjpeg"),
        ("a.m2v", "mpeg2video", "mpeg2video"),
        ("a.y4m", "rawvideo", "yuv4mpegpipe"),
        ("a.mxf", "mpeg2video", "mxf"),
        ("a.vob", "mpeg2video", "vob"),
        ("a.m2ts", "mpeg2video", "mpegts"),
        ("a.ivf", "libvpx", "ivf"),
        ("a.nut", "mpeg4", "nut"),
        ("a.wmv", "wmv2", "asf"),
    ],
)
def test_streams_of_cameras_and_broadcasters_are_read(tmp_path, name, codec, container):
    path = film(tmp_path / name, [STORED] * 6, codec, container)
    assert path.suffix in VIDEO_SUFFIXES
    frames = list(read_frames(path))
    assert [frame.index for frame in frames] == list(range(6))
    assert np.allclose([frame.time for frame in frames], np.arange(6) / 25, atol=2e-3)
    assert frames[0].image[4, 4].min() > 150


def test_a_tape_has_a_rate_that_can_be_and_wide_pixels(tmp_path):
    path = film(tmp_path / "a.dv", [np.zeros((576, 720, 3), np.uint8)] * 3, "dvvideo", "dv")
    header = read_header(path)
    assert (header.width, header.height, header.rate) == (768, 576, 25)
    assert [frame.image.shape for frame in read_frames(path)] == [(576, 768, 3)] * 3


@pytest.mark.parametrize(("aspect", "shape"), [((4, 3), (64, 128, 3)), ((3, 4), (85, 96, 3))])
def test_pixels_are_as_wide_as_they_are_shown(tmp_path, aspect, shape):
    path = film(tmp_path / "a.mp4", [STORED] * 2, sample_aspect_ratio=Fraction(*aspect))
    frame = next(read_frames(path))
    assert frame.image.shape == shape
    assert read_header(path).width == shape[1]
    bright = frame.image.mean(2) > 128
    assert bright.mean() == pytest.approx((STORED > 128).mean(), abs=0.01)
    with pytest.raises(InputError, match="`max_pixels`"):
        next(read_frames(path, max_pixels=shape[0] * shape[1] - 1))


@pytest.mark.parametrize(
    "name", ["12:30:00.mp4", "http:a.mp4", "a%03d.mp4", "写真 é.mkv", "-i.avi"]
)
def test_names_that_ffmpeg_would_read_otherwise(tmp_path, monkeypatch, name):
    film(tmp_path / "plain.mp4", [STORED] * 2)
    monkeypatch.chdir(tmp_path)
    Path("plain.mp4").rename(name)
    assert len(list(read_frames(name))) == 2


def test_a_name_that_is_no_utf_8(tmp_path):
    path = film(tmp_path / "plain.mp4", [STORED] * 2)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    path.rename(odd)
    assert len(list(read_frames(odd))) == 2


def with_sound_and_cover(path, first_picture, sound=True, cover=False, pictures=True):
    """Write sound from 0 s on, pictures from `first_picture` s on, and a cover before both."""
    with av.open(str(path), "w") as out:
        if cover:
            art = out.add_stream("mjpeg", rate=1)
            art.width, art.height, art.pix_fmt = 32, 32, "yuvj420p"
            art.disposition = av.stream.Disposition.attached_pic
        if pictures:
            video = out.add_stream("libx264", rate=25)
            video.height, video.width, video.pix_fmt = 64, 96, "yuv420p"
        if sound:
            audio = out.add_stream("aac", rate=8000)
        if cover:
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            out.mux(art.encode(frame))
            out.mux(art.encode(None))
        for number in range(20 if sound else 0):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = 8000, 1024 * number, Fraction(1, 8000)
            out.mux(audio.encode(frame))
        for number in range(10 if pictures else 0):
            frame = av.VideoFrame.from_ndarray(STORED, format="rgb24")
            frame.pts, frame.time_base = round(25 * first_picture) + number, Fraction(1, 25)
            out.mux(video.encode(frame))
        for stream in (*([video] if pictures else []), *([audio] if sound else [])):
            out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".ts"])
@pytest.mark.parametrize("first", [0.0, 1.0])
def test_the_clock_is_that_of_the_file_sound_included(tmp_path, suffix, first):
    path = with_sound_and_cover(tmp_path / f"a{suffix}", first)
    times = [frame.time for frame in read_frames(path)]
    assert np.allclose(times, first + np.arange(10) / 25, atol=0.15)
    assert np.allclose(np.diff(times), 1 / 25, atol=2e-3)
    header = read_header(path)
    assert header.starts == pytest.approx(first, abs=0.15)
    assert header.seconds is None or header.seconds == pytest.approx(first + 0.4, abs=0.2)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_a_part_that_was_cut_out_with_its_clock_is_whole(tmp_path, suffix):
    """Its first time stamp is 5 s; Matroska then calls the last one its length."""
    path = tmp_path / f"a.{suffix}"
    picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width = stream.height = 32
        stream.codec_context.time_base = Fraction(1, 25)
        for number in range(50):
            picture.pts, picture.time_base = 125 + number, Fraction(1, 25)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    times = [frame.time for frame in read_frames(path)]
    assert len(times) == 50
    assert (times[0], times[-1]) == pytest.approx((0, 49 / 25), abs=0.01)
    assert read_header(path).seconds == pytest.approx(2, abs=0.1)


def test_pictures_alone_begin_at_0(tmp_path):
    path = with_sound_and_cover(tmp_path / "a.mkv", 1.0, sound=False)
    assert next(read_frames(path)).time == 0


def test_a_cover_is_no_video(tmp_path):
    song = with_sound_and_cover(tmp_path / "song.mp4", 0, cover=True, pictures=False)
    with pytest.raises(InputError, match="no video stream but a cover"):
        read_header(song)
    both = with_sound_and_cover(tmp_path / "film.mp4", 0, cover=True)
    with av.open(str(both)) as container:
        assert len(container.streams.video) == 2
    assert (read_header(both).width, read_header(both).height) == (96, 64)
    assert len(list(read_frames(both))) == 10


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("previews", [1, 3])
def test_a_preview_before_the_film_is_not_taken_for_it(tmp_path, suffix, previews):
    path = tmp_path / f"a{suffix}"
    with av.open(str(path), "w") as out:
        small = out.add_stream("mjpeg", rate=1)
        small.width, small.height, small.pix_fmt = 32, 32, "yuvj420p"
        video = out.add_stream("mpeg4", rate=25)
        video.height, video.width, video.pix_fmt = 64, 96, "yuv420p"
        for stream, image, count in (
            (small, np.zeros((32, 32, 3), np.uint8), previews),
            (video, STORED, 8),
        ):
            for _ in range(count):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            out.mux(stream.encode(None))
    assert [frame.image.shape for frame in read_frames(path)] == [(64, 96, 3)] * 8
    header = read_header(path)
    assert (header.width, header.frames) == (96, header.frames and 8)


def test_pictures_under_the_name_of_a_video(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    with pytest.raises(InputError, match="a HEIC picture under the name of a video"):
        read_header(tmp_path / "a.mp4")
    Image.fromarray(STORED).save(tmp_path / "b.mp4", "JPEG")
    with pytest.raises(InputError):
        list(read_frames(tmp_path / "b.mp4"))


def test_a_missing_and_an_empty_file_are_one_line(tmp_path):
    (tmp_path / "a.mp4").touch()
    for name, said in (("a.mp4", "empty"), ("none.mp4", "no such file")):
        with pytest.raises(InputError, match=said):
            read_header(tmp_path / name)
    assert standin.write_video(tmp_path / "b.mp4", [STORED] * 2).exists()
