"""Sound of annotated copies: the same bytes, at the same moment as the picture."""

from pathlib import Path

import av
import pytest

from asdcfer.errors import InputError
from asdcfer.predict.annotated_copies import video_writer
from asdcfer.predict.sound_copy import SoundCopy
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.video import read_frames
from tests.predict.sounding import onsets, sound_packets, write_sounding_video
from tests.recognition import standin

FRAME = 1 / 25


def copy(source: Path, sampling: FrameSampling | None = None, rate: float = 25) -> tuple[Path, str]:
    sampling = sampling or FrameSampling()
    folder = source.parent / "copies"
    with (
        SoundCopy(source, sampling) as sound,
        video_writer(folder, Path("copy.mp4"), rate, sound) as drawing,
    ):
        for frame in read_frames(source, sampling):
            drawing.add(frame.image, [], frame.time - sampling.start)
    return folder / "copy.mp4", sound.fault


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "aac"),
        ("a.mkv", "libopus"),
        ("a.mkv", "flac"),
        ("a.avi", "libmp3lame"),
        ("a.mov", "pcm_s16le"),
    ],
)
def test_a_whole_copy_has_the_same_packets_at_the_same_times(tmp_path, name, codec):
    source = write_sounding_video(tmp_path / name, codec=codec)
    target, fault = copy(source)
    assert fault == ""
    before, after = sound_packets(source), sound_packets(target)
    assert len(before) > 10
    assert [data for _, data in after] == [data for _, data in before]
    assert [time for time, _ in after] == pytest.approx([time for time, _ in before], abs=1e-3)
    bright, loud = onsets(target)
    assert bright == pytest.approx(1.0, abs=FRAME + 2e-3)
    assert loud == pytest.approx(1.0, abs=FRAME + 2e-3)


def test_sound_of_a_broadcast_loses_only_its_headers(tmp_path):
    source = write_sounding_video(tmp_path / "a.ts")
    target, fault = copy(source)
    assert fault == ""
    assert [data for _, data in sound_packets(target)] == [
        data[7:] for _, data in sound_packets(source)
    ]
    bright, loud = onsets(target)
    assert loud == pytest.approx(bright, abs=FRAME + 2e-3)


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.mkv"])
@pytest.mark.parametrize(
    "sampling",
    [
        FrameSampling(start=0.52, end=1.6),
        FrameSampling(fps=5),
        FrameSampling(fps=5, start=0.6, end=1.81),
        FrameSampling(every=2, start=0.33),
    ],
    ids=["part", "fps", "both", "every"],
)
def test_a_part_stays_in_sync(tmp_path, name, sampling):
    """The tone begins within a frame of the flash; of rarer frames, before the next one."""
    source = write_sounding_video(tmp_path / name)
    target, fault = copy(source, sampling, sampling.rate(25))
    assert fault == ""
    bright, loud = onsets(target)
    assert loud == pytest.approx(1.0 - sampling.start, abs=FRAME)
    assert 0 <= bright - loud + FRAME <= 1 / sampling.rate(25) + FRAME
    header = 7 if name == "a.ts" else 0
    sent = [data[header:] for _, data in sound_packets(source)]
    kept = [data for _, data in sound_packets(target)]
    first = sent.index(kept[0])
    assert kept == sent[first : first + len(kept)]
    with av.open(str(target)) as container:
        ends = container.duration / 1e6
    assert ends == pytest.approx((sampling.end or 2.0) - sampling.start, abs=0.25)


def test_what_mp4_does_not_take_is_said(tmp_path):
    source = write_sounding_video(tmp_path / "a.mov", codec="pcm_mulaw")
    target, fault = copy(source)
    assert fault == "its sound (pcm_mulaw) cannot be in an MP4 file"
    assert sound_packets(target) == []
    assert len(list(read_frames(target))) == 50


def test_a_silent_video_has_a_silent_copy(tmp_path, clip):
    source = tmp_path / "a.mp4"
    source.write_bytes(clip.read_bytes())
    target, fault = copy(source, FrameSampling(fps=5))
    assert fault == ""
    assert sound_packets(target) == []


def test_sound_that_the_writer_refuses_costs_no_picture(tmp_path, monkeypatch):
    source = write_sounding_video(tmp_path / "a.mp4")
    calls = []

    class Refusing:
        """A container whose header cannot be written with sound."""

        def __init__(self, container):
            self.container = container

        def __getattr__(self, name):
            return getattr(self.container, name)

        def start_encoding(self):
            calls.append(len(self.container.streams.audio))
            raise av.FFmpegError(22, "Invalid argument")

    opened = av.open
    monkeypatch.setattr(
        "av.open",
        lambda file, mode="r", **options: (
            Refusing(opened(file, mode)) if mode == "w" else opened(file, mode, **options)
        ),
    )
    target, fault = copy(source)
    assert calls == [1]
    assert "cannot be in an MP4 file" in fault
    assert len(list(read_frames(target))) == 50


def test_a_file_cut_in_its_sound_keeps_what_there_is(tmp_path):
    source = write_sounding_video(tmp_path / "a.mkv")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    folder = tmp_path / "copies"
    shown = 0

    def copy_what_there_is():
        nonlocal shown
        with (
            SoundCopy(source, FrameSampling()) as sound,
            video_writer(folder, Path("copy.mp4"), 25, sound) as drawing,
        ):
            for frame in read_frames(source):
                drawing.add(frame.image, [], frame.time)
                shown += 1

    with pytest.raises(InputError, match="broke off"):
        copy_what_there_is()
    assert len(list(read_frames(folder / "copy.mp4"))) == shown > 0
    kept = [data for _, data in sound_packets(folder / "copy.mp4")]
    assert kept == [data for _, data in sound_packets(source)][: len(kept)]
    assert len(kept) > 10


def test_recordings_joined_end_to_end_keep_the_sound_of_the_first(tmp_path):
    one = write_sounding_video(tmp_path / "one.ts").read_bytes()
    joined = tmp_path / "a.ts"
    joined.write_bytes(one * 2)
    target, fault = copy(joined)
    assert "clock starts again" in fault
    assert 80 < len(sound_packets(target)) <= 90
    assert len(list(read_frames(target))) == 100


def test_not_a_video(tmp_path):
    with pytest.raises(InputError):
        SoundCopy(standin.hopper_path().with_name("none.mp4"), FrameSampling())
