"""The source of videos: what it claims, what it leaves to others, and what it asks for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets.folder_walk import Item
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Options, Reading
from asdcfer.data.datasets.videos import SOURCE, videos_in
from asdcfer.data.pack_writing import PackItem, Skipped
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from tests.data.trees import save
from tests.factories import Heard


def video(path: Path) -> Path:
    """A file named like a video; nothing here opens it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"0")
    return path


def reader(
    items: Sequence[Item], options: Options, skipped: list[Skipped], kept_splits: bool
) -> Reading:
    face = np.zeros((options.size, options.size), np.uint8)
    faces = (PackItem(face, item.source_id, item.split) for item in items)
    return Reading(faces, ("happy",), skipped, about={"kept": kept_splits})


def options(**more: object) -> Options:
    return Options(crop=lambda image: [image], videos=reader, **more)


def test_videos_and_the_photos_beside_them_are_read(tmp_path: Path) -> None:
    video(tmp_path / "in" / "b.MP4")
    video(tmp_path / "in" / "deep" / "er" / "a.mov")
    save(tmp_path / "in" / "photos" / "c.png", 0)
    (tmp_path / "in" / "notes.txt").write_text("x")
    heard = Heard()
    pack = prepare(tmp_path / "in", tmp_path / "out", options(), progress=heard)
    assert pack.ids == ["b.MP4", "deep/er/a.mov", "photos/c.png"]
    assert pack.info["source"]["kind"] == "videos"
    assert pack.info["source"]["kept"] is False
    assert [entry["source_id"] for entry in pack.info["skipped"]] == ["notes.txt"]
    assert "recognized as videos" in heard.lines[0]
    assert "2 videos and 1 photos" in heard.lines[0]


def test_one_video_is_read_by_its_name(tmp_path: Path) -> None:
    pack = prepare(video(tmp_path / "clip.mkv"), tmp_path / "out", options())
    assert pack.ids == ["clip.mkv"]


def test_without_detect_videos_say_what_is_missing(tmp_path: Path) -> None:
    video(tmp_path / "in" / "a.mp4")
    for path in (tmp_path / "in", tmp_path / "in" / "a.mp4"):
        with pytest.raises(DataError, match=r"1 videos; find the faces in them: asdcfer prep"):
            prepare(path, tmp_path / "out")
        with pytest.raises(DataError, match="holds videos; find the faces"):
            prepare(path, tmp_path / "out", kind="videos")


def test_photos_beside_which_videos_are_left_out_say_so(tmp_path: Path) -> None:
    video(tmp_path / "in" / "a.mp4")
    save(tmp_path / "in" / "c.png", 0)
    heard = Heard()
    pack = prepare(tmp_path / "in", tmp_path / "out", progress=heard)
    assert pack.ids == ["c.png"]
    assert any("1 videos are left out" in line for line in heard.lines)


def test_labeled_photos_beside_videos_keep_their_labels(tmp_path: Path) -> None:
    video(tmp_path / "in" / "a.mp4")
    for number, name in enumerate(("happy", "sad", "angry", "fear")):
        save(tmp_path / "in" / "train" / name / f"{number}.png", number)
        save(tmp_path / "in" / "test" / name / f"{number}.png", 9 + number)
    heard = Heard()
    pack = prepare(tmp_path / "in", tmp_path / "out", options(), progress=heard)
    assert pack.labeled
    assert any("1 videos are left out" in line for line in heard.lines)


def test_splits_of_folders_are_told_to_the_reader(tmp_path: Path) -> None:
    video(tmp_path / "in" / "train" / "a.mp4")
    video(tmp_path / "in" / "test" / "b.mp4")
    pack = prepare(tmp_path / "in", tmp_path / "out", options())
    assert dict(zip(pack.ids, pack.split, strict=True)) == {
        "train/a.mp4": "train",
        "test/b.mp4": "test",
    }
    assert pack.info["source"]["kept"] is True


def test_a_folder_without_videos_is_nothing_of_its_own(tmp_path: Path) -> None:
    save(tmp_path / "in" / "c.png", 0)
    layout = Layout(tmp_path / "in")
    assert videos_in(layout) == []
    assert SOURCE.explain(layout, options()) is None
    with pytest.raises(DataError, match="is or holds no video"):
        SOURCE.read(layout, options())
