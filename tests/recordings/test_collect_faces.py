"""Faces of one recording: which are taken, what is counted, and how little is held."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asdcfer.recognition.detection import Detection
from asdcfer.recognition.tracked_faces import found_faces
from asdcfer.recordings import collect_faces as module
from asdcfer.recordings.collect_faces import MOST_TRACKS, Finder, collect_faces
from asdcfer.recordings.options import RecordingOptions
from tests.data.trees import face, save
from tests.predict.people.standin import GrayLikeness
from tests.recognition.standin import write_video


class Taken(list):
    def __call__(self, ids, crops):
        assert len(ids) == len(crops)
        self.extend(zip(ids, crops, strict=True))


def finder(boxes, likeness=None, **options):
    """A finder whose detectors answer with faces in given boxes."""
    found = Finder(RecordingOptions(**{"min_sharpness": 0, **options}), 24, likeness=likeness)
    detect = lambda image: [Detection(box, None) for box in boxes]  # noqa: E731
    found.__dict__["photo_detector"] = found.__dict__["video_detector"] = detect
    return found


def frames(count, still=False):
    """Frames of noise, each another one."""
    return [face(0 if still else n, (96, 128, 3)) for n in range(count)]


BOXES = [(10.0, 10.0, 40.0, 40.0), (70.0, 10.0, 30.0, 30.0), (100.0, 60.0, 12.0, 12.0)]


def test_a_photo_gives_its_faces_under_the_names_of_a_folder_of_photos(tmp_path):
    path = save(tmp_path / "a.png", 0, (96, 128, 3))
    taken = Taken()
    found = collect_faces(path, "x/a.png", False, finder(BOXES), taken)
    assert [name for name, _ in taken] == ["x/a.png", "x/a.png#2"]
    assert all(crop.shape == (24, 24) for _, crop in taken)
    assert found.left_out == {"too small": 1}
    assert found.as_facts(video=False) == {
        "video": False,
        "frames": 1,
        "faces": 2,
        "left_out": {"too small": 1},
        "fault": "",
    }


def test_a_video_gives_each_moment_and_every_face_is_taken_or_counted(tmp_path):
    path = write_video(tmp_path / "a.mp4", frames(30), rate=10)
    taken, told = Taken(), []
    likeness = GrayLikeness()
    made = finder(BOXES, likeness, min_change=0)
    found = collect_faces(path, "a.mp4", True, made, taken, told.append)
    assert found.frames == len(told) == 6
    assert told == [1, 2, 3, 4, 5, 6]
    assert found.faces == len(taken) == 12
    assert found.left_out == {"too small": 6}
    seconds = [float(name.rpartition("@")[2]) for name, _ in taken]
    assert seconds == [0, 0, 0.5, 0.5, 1, 1, 1.5, 1.5, 2, 2, 2.5, 2.5]
    assert sum(line["frames"] for line in found.tracks) == 18
    assert all("picture" not in line for line in found.tracks)


def test_still_faces_are_taken_once(tmp_path):
    path = write_video(tmp_path / "a.mp4", frames(30, still=True), rate=10)
    taken = Taken()
    found = collect_faces(path, "a.mp4", True, finder(BOXES[:1]), taken)
    assert [name for name, _ in taken] == ["a.mp4#0@0"]
    assert found.left_out == {"nearly as the one before": 5}


def test_files_that_cannot_be_read_say_why(tmp_path):
    (tmp_path / "a.mp4").write_text("no video")
    (tmp_path / "b.jpg").write_text("no photo")
    taken = Taken()
    found = collect_faces(tmp_path / "a.mp4", "a.mp4", True, finder(BOXES), taken)
    assert found.fault.startswith("unreadable video: ")
    assert str(tmp_path) not in found.fault
    found = collect_faces(tmp_path / "b.jpg", "b.jpg", False, finder(BOXES), taken)
    assert (found.fault, found.frames, taken) == ("not an image", 0, [])


def test_of_many_tracks_the_longest_are_remembered(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.mp4", frames(20), rate=10)
    monkeypatch.setattr(module, "_KEPT", 0.0)
    boxes = [(float(4 * n), 0.0, 25.0, 25.0) for n in range(20)]
    held = []
    add = module.TrackFeatures.add

    def watched(features, *rest):
        add(features, *rest)
        held.append(len(features._tracks))

    monkeypatch.setattr(module.TrackFeatures, "add", watched)
    monkeypatch.setattr(module, "tracked_faces", _of_tracks_of_their_own)
    found = collect_faces(path, "a.mp4", True, finder(boxes, GrayLikeness(), fps=10), Taken())
    assert len(found.tracks) == MOST_TRACKS
    assert max(held) <= 6 * len(boxes)


def _of_tracks_of_their_own(frames, detector, policy):
    """Faces of which none is followed."""
    for frame in frames:
        faces = found_faces(frame.image, detector(frame.image), policy)
        numbered = [replace(one, id=100 * frame.index + one.id) for one in faces]
        yield replace(frame, faces=numbered)


@pytest.mark.parametrize("color", [False, True])
def test_crops_have_the_size_and_colors_of_the_pack(tmp_path, color):
    path = save(tmp_path / "a.png", 0, (96, 128, 3))
    made = Finder(RecordingOptions(min_sharpness=0), 32, color)
    made.__dict__["photo_detector"] = lambda image: [Detection(BOXES[0], None)]
    taken = Taken()
    collect_faces(path, "a.png", False, made, taken)
    assert taken[0][1].shape == ((32, 32, 3) if color else (32, 32))
    assert taken[0][1].dtype == np.uint8


PEAK = """
import sys
from pathlib import Path
from asdcfer.recordings import collect_faces as module
from tests.recordings.test_collect_faces import BOXES, _of_tracks_of_their_own, finder
from tests.predict.people.standin import GrayLikeness

module.tracked_faces = _of_tracks_of_their_own
made = finder(BOXES[:2], GrayLikeness(), fps=10, min_change=0.3)
found = module.collect_faces(Path(sys.argv[1]), "a.mp4", True, made, lambda ids, crops: None)
status = Path("/proc/self/status").read_text()
peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
print(found.frames, peak.split()[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs Linux's peak memory")
def test_ten_times_the_length_takes_no_more_memory(tmp_path):
    """Every face of every frame is a track of its own: the worst that can be.

    Held to the end, 6,000 tracks would take 300 MiB; decoder and allocator warm up by some 20.
    """

    def peak(count):
        path = write_video(tmp_path / f"{count}.mp4", frames(count), rate=10)
        command = [sys.executable, "-c", PEAK, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        looked_at, kilobytes = map(int, done.stdout.split())
        assert looked_at == count
        return kilobytes / 1024

    assert peak(3000) < peak(300) + 60
