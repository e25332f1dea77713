"""A small video cannot ask for gigabytes."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from asdcfer.recognition.ffmpeg_memory import LARGEST_BLOCK, bound_ffmpeg
from asdcfer.recognition.video import read_frames
from tests.recognition.test_video_source import film

PEAK = """
import sys
from asdcfer.errors import InputError
from asdcfer.recognition.video import read_frames
from asdcfer.recognition.video_source import read_header
try:
    read_header(sys.argv[1])
    list(read_frames(sys.argv[1]))
except InputError as error:
    print(str(error).count("\\n"))
with open("/proc/self/status") as file:
    print(next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM")))
"""
"""Peak of this process alone: ru_maxrss begins with the parent's."""


def of_many_samples(file: Path, count: int) -> Path:
    """Write into an MP4's index that it has so many pictures of one byte each."""
    data = bytearray(file.read_bytes())
    for box, numbers in ((b"stsz", (1, count)), (b"stts", (1, count)), (b"stsc", (1, 1, count))):
        place = data.index(box) + 8
        data[place : place + 4 * len(numbers)] = struct.pack(f">{len(numbers)}I", *numbers)
    file.write_bytes(data)
    return file


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux counts it")
@pytest.mark.parametrize("count", [80_000_000, 2_000_000_000])
def test_an_index_of_many_pictures_takes_no_memory(tmp_path: Path, count: int) -> None:
    frames = list(np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8))
    file = of_many_samples(film(tmp_path / "a.mp4", frames, "libx264"), count)
    assert file.stat().st_size < 100_000
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(file)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    *lines, peak = map(int, done.stdout.split())
    assert lines in ([], [0]), "one line at most"
    assert peak < 1500, f"{peak} MB for a file of {file.stat().st_size} bytes"


def test_the_limit_grows_with_the_frames_that_are_asked_for(monkeypatch, tmp_path: Path) -> None:
    set_to: list[int] = []

    class Library:
        @staticmethod
        def av_max_alloc(size) -> None:
            set_to.append(size.value)

    monkeypatch.setattr("asdcfer.recognition.ffmpeg_memory._libavutil", Library)
    monkeypatch.setattr("asdcfer.recognition.ffmpeg_memory._allowed", 0)
    for pixels in (0, 1000, 200_000_000, 1000):
        assert bound_ffmpeg(pixels)
    assert set_to == [LARGEST_BLOCK, 1_200_000_000]


def test_without_the_library_videos_are_read_all_the_same(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("asdcfer.recognition.ffmpeg_memory._libavutil", lambda: None)
    assert not bound_ffmpeg()
    file = film(tmp_path / "a.mp4", [np.zeros((32, 32, 3), np.uint8)] * 2, "libx264")
    assert len(list(read_frames(file))) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="other systems may build PyAV otherwise")
def test_here_the_library_is_found() -> None:
    assert bound_ffmpeg()
