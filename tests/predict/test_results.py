"""Rows, journal, tables, input lists, drawing, annotated copies, timelines and the camera: what
stands between faces and files.
"""

import json
import os

import av
import numpy as np
import pytest
from PIL import Image

from asdcfer.errors import InputError
from asdcfer.predict.annotated_copies import video_writer, write_photo
from asdcfer.predict.inputs import collect
from asdcfer.predict.journal import Journal, columns, face_rows, failed_row
from asdcfer.predict.table_io import read_table, write_table
from asdcfer.predict.timeline import write_timeline
from asdcfer.recognition import camera
from asdcfer.recognition.draw import annotated, attention_overlay
from asdcfer.recognition.face import Face
from tests.recognition import standin

NAMES = ("happy", "sad")


def face(number=0, score=0.75, **more):
    return Face(
        (1.234, 2, 30, 40),
        None,
        {"happy": score, "sad": 1 - score},
        "happy",
        score,
        id=number,
        **more,
    )


def test_rows_have_every_column():
    (row,) = face_rows("a.jpg", 3, 0.12345, [face()])
    assert set(row) == set(columns(NAMES))
    assert row["time"] == 0.1235
    assert row["x"] == 1.23
    assert row["happy"] == 0.75
    assert row["face"] == 0
    (row,) = face_rows("a.jpg", 0, 0.0, [])
    assert row["status"] == "no face"
    assert set(row) <= set(columns(NAMES))
    assert failed_row("a.jpg", "a.jpg: empty (zero bytes)")["status"] == "error: empty (zero bytes)"
    assert failed_row("a.mp4", "cut", 7, 0.3)["status"] == "broken off: cut"


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_tables_read_back(tmp_path, suffix):
    rows = [
        *face_rows('with "quotes", comma.jpg', 0, 0.0, [face(0), face(1, 0.5)]),
        *face_rows("ü.jpg", 1, 1.5, []),
        failed_row("b", "gone"),
    ]
    path = tmp_path / f"t{suffix}"
    write_table(path, iter(rows), columns(NAMES))
    back = read_table(path)
    assert [row["file"] for row in back] == [row["file"] for row in rows]
    assert list(back[0]) == list(columns(NAMES))
    for row, given in zip(back, rows, strict=True):
        for name in columns(NAMES):
            wanted = given.get(name)
            assert row[name] == (
                ("" if wanted is None else str(wanted)) if suffix == ".csv" else wanted
            )
    write_table(path, [], columns(NAMES))
    assert read_table(path) == []


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.csv, \.json, \.parquet"):
        write_table(tmp_path / "a.xlsx", [], ("file",))


def test_a_journal_drops_unfinished_files_and_half_lines(tmp_path):
    path = tmp_path / "j"
    with Journal(path, {"model": 1}) as journal:
        journal.add([{"file": "a", "frame": 0}])
        journal.finish("a")
        journal.add([{"file": "b", "frame": 0}])
    with path.open("a") as file:
        file.write('{"file": "b", "fra')
    with Journal(path, {"model": 1}, resume=True) as journal:
        assert journal.finished == {"a"}
        journal.add([{"file": "b", "frame": 0}, {"file": "b", "frame": 1}])
        journal.finish("b")
        assert [(row["file"], row["frame"]) for row in journal.rows()] == [
            ("a", 0),
            ("b", 0),
            ("b", 1),
        ]
    with pytest.raises(InputError, match="other settings"):
        Journal(path, {"model": 2}, resume=True)
    Journal(path, {"model": 2}).delete()
    assert not path.exists()


def test_a_journal_knows_files_by_their_key_and_remembers_videos(tmp_path):
    with Journal(tmp_path / "j", {}) as journal:
        for file, key, video in (("./a.mp4", "/in/a.mp4", True), ("b.jpg", "/in/b.jpg", False)):
            journal.add([{"file": file}])
            journal.finish(file, key, video)
    with Journal(tmp_path / "j", {}, resume=True) as again:
        for one in (journal, again):
            assert one.finished == {"/in/a.mp4", "/in/b.jpg"}
            assert one.videos == {"./a.mp4"}
        assert [row["file"] for row in again.rows()] == ["./a.mp4", "b.jpg"]


@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_file_names_need_not_be_utf_8(tmp_path, suffix):
    name = os.fsdecode(b"caf\xe9.jpg")
    with Journal(tmp_path / "j", {}) as journal:
        journal.add([failed_row(name, "gone")])
        journal.finish(name)
    with Journal(tmp_path / "j", {}, resume=True) as journal:
        assert journal.finished == {name}
        assert [row["file"] for row in journal.rows()] == [name]
        write_table(tmp_path / f"t{suffix}", journal.rows(), columns(NAMES))
    (row,) = read_table(tmp_path / f"t{suffix}")
    assert row["file"] == "caf\ufffd.jpg"


def test_inputs_are_collected_once_sorted_and_by_kind(tmp_path):
    for name in (
        "b.jpg",
        "a/c.PNG",
        "a/d.mp4",
        "a/notes.txt",
        ".hidden/e.jpg",
        "a/.f.jpg",
        "drawn/g.jpg",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = collect([tmp_path], [tmp_path / "drawn"])
    assert [(str(item.name), item.kind) for item in found] == [
        ("a/c.PNG", "photo"),
        ("a/d.mp4", "video"),
        ("b.jpg", "photo"),
    ]
    assert (
        len(collect([tmp_path / "b.jpg", tmp_path, f"{tmp_path}/*.jpg"], [tmp_path / "drawn"])) == 3
    )
    assert [item.path.name for item in collect([f"{tmp_path}/**/*.PNG"])] == ["c.PNG"]
    assert [
        item.kind for item in collect([tmp_path / "a" / "notes.txt", tmp_path / "gone.jpg"])
    ] == ["unknown", "photo"]
    with pytest.raises(InputError, match="no file matches"):
        collect([f"{tmp_path}/*.bmp"])
    with pytest.raises(InputError, match="no photo or video"):
        collect([_folder(tmp_path)])


def _folder(parent):
    (parent / "none").mkdir()
    return parent / "none"


def test_a_file_whose_name_looks_like_a_glob_is_itself(tmp_path):
    odd = tmp_path / "photo[1].jpg"
    odd.write_bytes(b"x")
    assert [item.path for item in collect([odd])] == [odd]


def test_files_of_one_name_get_copies_of_different_names(tmp_path):
    for name in ("a/x.jpg", "b/x.jpg", "c/a/x.jpg", "c/y.gif", "c/y.gif.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    def named(*sources):
        return [str(item.name) for item in collect([tmp_path / source for source in sources])]

    assert named("a/x.jpg", "b/x.jpg") == ["a/x.jpg", "b/x.jpg"] == named("a", "b")
    assert named("a/x.jpg", "b/x.jpg", "c") == [
        "a/x.jpg",
        "b/x.jpg",
        "c/a/x.jpg",
        "c/y.gif",
        "c/y.gif_2.png",
    ]
    assert named("a", "c") == ["x.jpg", "a/x.jpg", "y.gif", "y.gif_2.png"], (
        "names that differ stay short"
    )


def test_links_to_themselves_and_names_too_long_are_files_that_cannot_be_read(tmp_path):
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    long = tmp_path / ("n" * 300)
    assert [item.path for item in collect([tmp_path / "loop.jpg", long])] == [
        tmp_path / "loop.jpg",
        long,
    ]
    assert [item.path.name for item in collect([tmp_path])] == ["loop.jpg"]


def test_drawing_changes_the_face_and_leaves_the_original(recognizer):
    image = standin.both().copy()
    before = image.copy()
    faces = recognizer(image, explain=True)
    drawn = annotated(image, faces)
    assert np.array_equal(image, before)
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    changed = (drawn != image).any(2)
    x, y, width, height = (int(v) for v in faces[0].box)
    assert changed[y : y + height, x : x + width].mean() > 0.5
    assert not changed[400:, :100].any()
    overlay = (attention_overlay(image, faces[0]) != image).any(2)
    assert overlay[y : y + height, x : x + width].mean() > 0.5
    assert not overlay[:, :512].any()
    assert np.array_equal(attention_overlay(image, face()), image)


@pytest.mark.parametrize("box", [(0, 0, 10, 10), (90, 90, 10, 10), (0, 0, 100, 100), (50, 0, 0, 0)])
def test_drawing_at_the_rim_of_a_small_picture(box):
    odd = Face(
        box,
        np.full((5, 2), 99.0, np.float32),
        {"happy": 1.0, "sad": 0.0},
        "uncertain",
        1.0,
        status="too small",
        corners=np.array([[-50, -50], [150, -50], [150, 150], [-50, 150]], np.float32),
        attention=np.ones((3, 3), np.float32),
    )
    assert annotated(np.zeros((100, 100, 3), np.uint8), [odd]).shape == (100, 100, 3)
    outside = Face(
        box,
        None,
        {"happy": 1.0},
        "happy",
        1.0,
        corners=np.array([[500, 500], [600, 500], [600, 600], [500, 600]], np.float32),
        attention=np.ones((3, 3), np.float32),
    )
    assert annotated(np.zeros((100, 100, 3), np.uint8), [outside], bars=False).any() or box[2] == 0


def test_annotated_photos_keep_their_names(tmp_path):
    from pathlib import Path

    image = standin.small(standin.astronaut(), 64)
    assert [
        write_photo(tmp_path, Path(name), image, []).relative_to(tmp_path).as_posix()
        for name in ("a/b.jpg", "c.png", "d.gif")
    ] == ["a/b.jpg", "c.png", "d.gif.png"]
    assert np.array_equal(np.array(Image.open(tmp_path / "c.png")), image)


def test_the_copy_of_a_photo_too_long_for_jpeg_is_a_png(tmp_path):
    from pathlib import Path

    written = write_photo(tmp_path, Path("a.jpg"), np.full((2, 65_501, 3), 9, np.uint8), [])
    with Image.open(written) as image:
        assert written.name == "a.jpg.png"
        assert image.size == (65_501, 2)


def test_annotated_videos_have_every_frame_and_survive_a_broken_source(tmp_path):
    from pathlib import Path

    frames = standin.moving_frames(10)
    with (
        pytest.raises(InputError, match="cut"),
        video_writer(tmp_path, Path("a.avi"), 12.5) as writer,
    ):
        for frame in frames:
            writer.add(frame[:201, :301], [])
        raise InputError("cut")
    with av.open(str(tmp_path / "a.avi.mp4")) as container:
        assert float(container.streams.video[0].average_rate) == 12.5
        assert [frame.to_ndarray(format="rgb24").shape for frame in container.decode(video=0)] == [
            (200, 300, 3)
        ] * 10
    with video_writer(tmp_path, Path("none.mp4"), 25):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.avi.mp4"]


def test_a_timeline_has_a_panel_a_face_and_gaps(tmp_path):
    def rows():
        for frame in range(50):
            yield from face_rows(
                "v",
                frame,
                frame / 25,
                [
                    face(0, 0.5 + 0.5 * np.sin(frame / 9) ** 2),
                    *([face(1, 0.3)] if frame > 30 else []),
                ],
            )

    write_timeline(tmp_path / "t.png", rows, NAMES, "v")
    picture = np.array(Image.open(tmp_path / "t.png").convert("RGB"))
    assert picture.shape[0] > 400
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
    with pytest.raises(InputError, match="no face"):
        write_timeline(tmp_path / "u.png", lambda: face_rows("v", 0, 0.0, []), NAMES)
    with pytest.raises(InputError, match="cannot draw"):
        write_timeline(tmp_path / "u.xyz", rows, NAMES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.png"]


def test_no_camera_is_one_clear_line(capfd):
    with pytest.raises(InputError, match="no camera 87"):
        next(camera.camera_frames(87))
    assert capfd.readouterr().err == ""


def test_a_camera_gives_rgb_until_its_time_is_over(monkeypatch):
    class Camera:
        def __init__(self, number):
            self.left = 5

        def isOpened(self):
            return True

        def set(self, *_):
            return True

        def read(self):
            self.left -= 1
            return self.left >= 0, np.full((4, 4, 3), (255, 0, 0), np.uint8)

        def release(self):
            self.left = -1

    monkeypatch.setattr(camera.cv2, "VideoCapture", Camera)
    seen = []
    with pytest.raises(InputError, match="stopped after 5 frames"):
        for frame in camera.camera_frames():
            seen.append(frame)
    assert [frame.index for frame in seen] == list(range(5))
    assert seen[0].image[0, 0].tolist() == [
        0,
        0,
        255,
    ]
    assert list(camera.camera_frames(seconds=0)) == []


def test_json_of_a_face_can_be_written(recognizer):
    (one,) = recognizer(standin.hopper())
    back = json.loads(json.dumps(one.as_dict()))
    assert back["expression"] == one.expression
    assert len(back["landmarks"]) == 5
    assert len(back["box"]) == 4
