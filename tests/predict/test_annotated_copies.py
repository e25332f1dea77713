from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from asdcfer.errors import InputError
from asdcfer.predict.annotated_copies import video_writer, write_photo
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.video import read_frames
from asdcfer.recognition.video_source import read_header
from tests.recognition import standin


def test_the_annotated_copy_of_a_video_that_changes_its_size_shows_all_of_it(tmp_path):
    white = np.full((200, 300, 3), 255, np.uint8)
    with video_writer(tmp_path, Path("a.mkv"), 25) as drawing:
        for image in (np.zeros((65, 97, 3), np.uint8), white, white):
            drawing.add(image, [])
    frames = [frame.image for frame in read_frames(tmp_path / "a.mkv.mp4")]
    assert [image.shape for image in frames] == [(64, 96, 3)] * 3
    assert frames[0].max() < 20
    assert frames[2][:, 2:-2].min() > 200
    assert (frames[2] > 200).all(axis=2).mean() > 0.95


def test_the_annotated_copy_of_a_tall_part_has_black_beside_it(tmp_path):
    with video_writer(tmp_path, Path("a.mp4"), 25) as drawing:
        for image in (
            np.full((64, 96, 3), 255, np.uint8),
            *[np.full((192, 96, 3), 255, np.uint8)] * 2,
        ):
            drawing.add(image, [])
    last = [frame.image for frame in read_frames(tmp_path / "a.mp4")][-1]
    assert last[:, :28].max() < 40
    assert last[:, -28:].max() < 40
    assert last[2:-2, 36:60].min() > 200


class WithoutH264:
    """A container of an FFmpeg that was built without libx264."""

    def __init__(self, container):
        self.container = container

    def __getattr__(self, name):
        return getattr(self.container, name)

    def add_stream(self, codec, **settings):
        if codec == "libx264":
            raise ValueError("no such codec")
        return self.container.add_stream(codec, **settings)


@pytest.mark.parametrize("h264", [True, False])
@pytest.mark.parametrize("times", [[0.0, 0.04, 1.0, 1.02, 3.5], [0.0, 0.1, 0.1, 2.0, 2.04]])
def test_the_annotated_copy_of_a_video_keeps_its_times(tmp_path, monkeypatch, times, h264):
    """Frames of a phone or a screen come at uneven times; at a constant rate the copy would run
    ahead of its sound and its table.
    """
    if not h264:
        real = av.open
        monkeypatch.setattr(
            "av.open",
            lambda file, mode="r", **options: (
                WithoutH264(real(file, mode)) if mode == "w" else real(file, mode, **options)
            ),
        )
    with video_writer(tmp_path, Path("a.mp4"), 25) as drawing:
        for number, time in enumerate(times):
            drawing.add(np.full((64, 96, 3), 40 * number, np.uint8), [], time)
    frames = list(read_frames(tmp_path / "a.mp4"))
    assert [frame.time for frame in frames] == pytest.approx(times, abs=2e-3)
    assert [round(float(frame.image.mean()) / 40) for frame in frames] == list(range(5))
    header = read_header(tmp_path / "a.mp4")
    assert header.frames == 5
    assert header.seconds == pytest.approx(times[-1] + 0.04, abs=3e-3)


@pytest.mark.slow
def test_the_annotated_copy_of_every_nth_frame_lasts_as_long(tmp_path, clip):
    for every in (1, 4):
        with video_writer(tmp_path, Path(f"{every}.mp4"), 25 / every) as drawing:
            for frame in read_frames(clip, FrameSampling(every)):
                drawing.add(frame.image, [], frame.time)
        header = read_header(tmp_path / f"{every}.mp4")
        assert header.frames == 60 // every
        assert header.seconds == pytest.approx(2.4, abs=0.05)
        assert header.rate == pytest.approx(25 / every, rel=0.03)


def test_annotated_photos_keep_their_names(tmp_path):
    image = standin.small(standin.astronaut(), 64)
    assert [
        write_photo(tmp_path, Path(name), image, []).relative_to(tmp_path).as_posix()
        for name in ("a/b.jpg", "c.png", "d.gif")
    ] == ["a/b.jpg", "c.png", "d.gif.png"]
    assert np.array_equal(np.array(Image.open(tmp_path / "c.png")), image)


def test_the_copy_of_a_photo_too_long_for_jpeg_is_a_png(tmp_path):
    written = write_photo(tmp_path, Path("a.jpg"), np.full((2, 65_501, 3), 9, np.uint8), [])
    with Image.open(written) as image:
        assert written.name == "a.jpg.png"
        assert image.size == (65_501, 2)


def test_annotated_videos_have_every_frame_and_survive_a_broken_source(tmp_path):
    frames = standin.moving_frames(10)

    def copy_until_the_source_breaks():
        with video_writer(tmp_path, Path("a.avi"), 12.5) as writer:
            for frame in frames:
                writer.add(frame[:201, :301], [])
            raise InputError("cut")

    with pytest.raises(InputError, match="cut"):
        copy_until_the_source_breaks()
    with av.open(str(tmp_path / "a.avi.mp4")) as container:
        assert float(container.streams.video[0].average_rate) == 12.5
        assert [frame.to_ndarray(format="rgb24").shape for frame in container.decode(video=0)] == [
            (200, 300, 3)
        ] * 10
    with video_writer(tmp_path, Path("none.mp4"), 25):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.avi.mp4"]
