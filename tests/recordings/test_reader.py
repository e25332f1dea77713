"""Videos and photos become a pack: ids, limits, splits, a kill on the way, bad files."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from asdcfer.api import PrepareSettings, prepare
from asdcfer.data.pack import Pack
from asdcfer.data.tracks import moment_of, recordings, track_moments
from asdcfer.errors import AsdcferError, DataError
from asdcfer.recordings import reader
from tests.data.trees import contents
from tests.face_clips import write_clip
from tests.factories import Heard
from tests.interrupting import start_interruptible
from tests.recognition.standin import hopper_path

pytestmark = pytest.mark.slow

PEOPLE = (1, 4, 7, 11, 20, 22)
"""Rows of the sample whose faces are found in every frame."""

SLOW = """
import sys, time
from asdcfer.cli.main import main
from asdcfer.recordings import reader
collect, done = reader.collect_faces, []
def slowly(path, name, video, finder, take, progress):
    def report(frames):
        progress(frames)
        if len(done) == 2 and frames == 4:
            print("half", flush=True)
            time.sleep(60)
    found = collect(path, name, video, finder, take, report)
    done.append(name)
    return found
reader.collect_faces = slowly
sys.argv = ["asdcfer", "prepare", *sys.argv[1:], "--detect", "--min-change", "0"]
main()
"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six videos of one person each, a photo beside them and a file of notes."""
    folder = tmp_path_factory.mktemp("in")
    for number, row in enumerate(PEOPLE):
        write_clip(folder / f"day{number % 2}" / f"clip{number}.mp4", [row], 4, seed=number)
    shutil.copy(hopper_path(), folder / "hopper.jpg")
    (folder / "notes.txt").write_text("no")
    return folder


@pytest.fixture(scope="module")
def pack(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    settings = PrepareSettings(detect=True, min_change=0)
    return prepare(clips, tmp_path_factory.mktemp("out") / "pack", settings)


def split_of(pack: Pack) -> dict[str, str]:
    """The split of each recording; it is one."""
    pairs = set(zip(recordings(pack.ids), map(str, pack.split), strict=True))
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_ids_tell_video_track_and_time_of_two_frames_a_second(pack: Pack) -> None:
    names = {name for name in recordings(pack.ids) if name.endswith(".mp4")}
    assert names == {f"day{n % 2}/clip{n}.mp4" for n in range(6)}
    assert "hopper.jpg" in pack.ids
    assert len(set(pack.ids)) == len(pack)
    tracks, seconds = track_moments(pack.ids)
    assert np.allclose(seconds * 2 % 1, 0)
    for track in set(tracks.tolist()) - {-1}:
        own = seconds[tracks == track]
        assert (np.diff(own) > 0).all()
    moments = [moment_of(name) for name in pack.ids if moment_of(name)]
    assert max(moment.seconds for moment in moments) == 3.5
    told = pack.info["source"]
    assert told["recordings"] == {"videos": 6, "photos": 1, "frames": 48, "groups": 7}
    assert told["fps"] == 2
    assert len(pack) == 49
    assert told["left_out"] == {}
    assert pack.info["skipped"][0]["reason"].startswith("not an image file")
    assert (pack.labels == -1).all()


def test_whole_videos_are_held_out_and_photos_train(pack: Pack) -> None:
    splits = split_of(pack)
    assert splits["hopper.jpg"] == "train"
    assert set(splits.values()) == {"train", "val", "test"}
    assert list(pack.splits) == ["train", "val", "test"]


def test_a_person_of_two_videos_stays_in_one_split(clips: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(clips, tmp_path / "in")
    for number, row in enumerate(PEOPLE):
        write_clip(folder / "again" / f"again{number}.mp4", [row], 2, seed=40 + number)
    heard = Heard()
    settings = PrepareSettings(detect=True, fps=1, min_change=0)
    splits = split_of(prepare(folder, tmp_path / "pack", settings, progress=heard))
    assert "persons who are seen in several files, which stay in one split: 6" in heard.lines
    for number in range(6):
        again = splits[f"again/again{number}.mp4"]
        assert again == splits[f"day{number % 2}/clip{number}.mp4"]
    assert len(set(splits.values())) > 1


def test_folders_and_one_split_are_as_asked(clips: Path, tmp_path: Path) -> None:
    for split_by in ("folder", "none"):
        settings = PrepareSettings(detect=True, fps=1, split_by=split_by)
        splits = split_of(prepare(clips, tmp_path / split_by, settings))
        assert len({split for name, split in splits.items() if "day1" in name}) == 1
        assert len({split for name, split in splits.items() if "day0" in name}) == 1
    assert set(splits.values()) == {"train"}


def test_splits_that_folders_name_are_kept(clips: Path, tmp_path: Path) -> None:
    for split, name in (("train", "day0/clip0.mp4"), ("test", "day1/clip1.mp4")):
        (tmp_path / "in" / split).mkdir(parents=True)
        shutil.copy(clips / name, tmp_path / "in" / split)
    made = prepare(tmp_path / "in", tmp_path / "pack", PrepareSettings(detect=True, fps=1))
    assert split_of(made) == {"train/clip0.mp4": "train", "test/clip1.mp4": "test"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_after_a_kill_the_same_command_gives_the_same_bytes(
    clips: Path, pack: Pack, tmp_path: Path, how: signal.Signals
) -> None:
    out = tmp_path / "pack"
    command = [sys.executable, "-c", SLOW, str(clips), str(out)]
    with start_interruptible(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"half\n"
        process.send_signal(how)
        errors = process.stderr.read().decode()
        process.wait(20)
    assert "Traceback" not in errors
    visible = [name for name in os.listdir(tmp_path) if not name.startswith(".")]
    assert visible == ["pack.partial"]
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "2 of 7 files are done and kept in" in errors.replace("\n", " ")
    with pytest.raises(DataError, match=r"pack\.partial holds an interrupted run with other"):
        prepare(clips, out, PrepareSettings(detect=True, min_change=0.3))
    heard = Heard()
    prepare(clips, out, PrepareSettings(detect=True, min_change=0), progress=heard)
    assert any("2 of 7 files are done" in line for line in heard.lines)
    assert contents(out) == contents(pack.path)
    assert sorted(os.listdir(tmp_path)) == ["pack"]


@pytest.mark.parametrize("name", ["cut.mkv", "cut.avi"])
def test_a_video_that_breaks_off_gives_its_frames_and_says_so(tmp_path: Path, name: str) -> None:
    whole = write_clip(tmp_path / "in" / name, [PEOPLE[0]], 4)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) * 6 // 10])
    (tmp_path / "in" / "empty.mp4").write_bytes(b"")
    (tmp_path / "in" / "words.mp4").write_text("no video")
    (tmp_path / "in" / "bad.jpg").write_text("no photo")
    settings = PrepareSettings(detect=True, min_change=0)
    made = prepare(tmp_path / "in", tmp_path / "pack", settings)
    assert set(recordings(made.ids)) == {name}
    assert 2 <= len(made) < 8
    reasons = {entry["source_id"]: entry["reason"] for entry in made.info["skipped"]}
    assert reasons[name].startswith("broke off (its first part is kept): after frame ")
    assert reasons["empty.mp4"].startswith("unreadable video: empty")
    assert reasons["words.mp4"].startswith("unreadable video: ")
    assert reasons["bad.jpg"] == "not an image"


def test_what_is_left_out_is_counted_with_its_reason(clips: Path, tmp_path: Path) -> None:
    one = clips / "day0" / "clip0.mp4"

    def left_out(**limits: float) -> dict[str, int]:
        try:
            made = prepare(one, tmp_path / "pack", PrepareSettings(detect=True, **limits))
        except DataError as error:
            assert not (tmp_path / "pack.partial").exists()
            return {
                word: 1
                for word in ("too small", "blurred", "turned away")
                if f" {word}" in str(error)
            }
        assert len(made) + sum(made.info["source"]["left_out"].values()) == 8
        return made.info["source"]["left_out"]

    assert left_out(min_change=0) == {}
    assert left_out(min_change=2)["nearly as the one before"] == 7
    assert left_out(min_face=5000) == {"too small": 1}
    assert left_out(min_sharpness=9) == {"blurred": 1}
    assert left_out(max_yaw=0, min_change=0) == {"turned away": 1}


def test_faces_that_stand_still_are_taken_once(tmp_path: Path) -> None:
    write_clip(tmp_path / "still.mp4", [PEOPLE[0]], 4, still=True)
    made = prepare(tmp_path / "still.mp4", tmp_path / "pack", PrepareSettings(detect=True))
    # Landmarks tremble, so that one or another is not quite where it was.
    assert len(made) <= 3
    assert made.ids[0] == "still.mp4#0@0"
    assert made.info["source"]["left_out"] == {"nearly as the one before": 8 - len(made)}


def test_a_pack_of_color_is_of_color(clips: Path, tmp_path: Path) -> None:
    settings = PrepareSettings(detect=True, fps=1, color=True, size=64)
    made = prepare(clips / "day0", tmp_path / "pack", settings)
    assert made.images.shape[1:] == (64, 64, 3)


def test_a_photo_beside_videos_is_cut_as_alone(clips: Path, pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(clips / "hopper.jpg", tmp_path / "in")
    alone = prepare(tmp_path / "in", tmp_path / "photo", PrepareSettings(detect=True))
    together = pack.images[pack.ids.index("hopper.jpg")]
    apart = np.abs(together.astype(int) - alone.images[0])
    assert apart.max() <= 1


def test_a_file_that_changed_or_a_store_that_lost_faces_is_read_anew(
    clips: Path, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = shutil.copytree(clips, tmp_path / "in"), tmp_path / "pack"
    settings = PrepareSettings(detect=True, min_change=0)
    collect = reader.collect_faces
    done: list[str] = []

    def until_the_third(path: Path, name: str, *rest: object) -> object:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(name)
        return collect(path, name, *rest)

    monkeypatch.setattr(reader, "collect_faces", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        prepare(folder, out, settings)
    monkeypatch.setattr(reader, "collect_faces", collect)
    store = tmp_path / "pack.partial" / "faces.u8"
    store.write_bytes(store.read_bytes()[:-1])
    heard = Heard()
    prepare(folder, out, settings, progress=heard)
    assert not any("going on" in line for line in heard.lines)
    assert (out / "images.u8").read_bytes() == (pack.path / "images.u8").read_bytes()


def test_options_of_faces_want_detect_and_lie_in_their_range(clips: Path, tmp_path: Path) -> None:
    for wrong, words in (
        (PrepareSettings(fps=2), "`fps` is for `detect=True`"),
        (PrepareSettings(detect=True, fps=0), "fps 0: expected more than 0"),
        (PrepareSettings(detect=True, split_by="names"), "split_by 'names': expected people"),
        (PrepareSettings(detect=True, min_change=3), "min_change 3: expected 0 to 2"),
        (PrepareSettings(), "3 videos; find the faces in them: asdcfer prepare .* OUT --detect"),
    ):
        with pytest.raises(AsdcferError, match=words):
            prepare(clips / "day0", tmp_path / "pack", wrong)
    assert not list(tmp_path.iterdir())
