"""Recognizer.table: the table of whatever source, and the one that the command writes."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from asdcfer import api
from asdcfer.errors import InputError
from asdcfer.predict.table_io import read_table
from asdcfer.recognition.frame_sampling import FrameSampling
from tests.recognition import standin


@pytest.fixture
def folder(tmp_path):
    """A photo of two faces, one without, a broken one and a short video."""
    inside = tmp_path / "in"
    inside.mkdir()
    cv2.imwrite(str(inside / "both.png"), standin.both()[..., ::-1])
    cv2.imwrite(str(inside / "gray.png"), np.full((60, 60), 90, np.uint8))
    (inside / "text.jpg").write_text("no picture")
    standin.write_video(inside / "clip.mp4", standin.moving_frames(6))
    return inside


def kinds(table):
    """Return the statuses of each file, by its name."""
    found = {}
    for row in table:
        found.setdefault(row["file"].rsplit("/")[-1], []).append(row["status"].split(":")[0])
    return found


@pytest.mark.slow
def test_the_command_writes_the_same_table(recognizer, model, folder, tmp_path):
    table = recognizer.table(folder)
    assert kinds(table) == {
        "both.png": ["ok", "ok"],
        "clip.mp4": ["ok"] * len(kinds(table)["clip.mp4"]),
        "gray.png": ["no face"],
        "text.jpg": ["error"],
    }
    settings = api.PredictSettings(model=model, device="cpu")
    for suffix in ("csv", "tsv", "jsonl"):
        table.write(tmp_path / f"mine.{suffix}")
        out = tmp_path / f"theirs.{suffix}"
        api.predict(folder, settings, api.PredictOutputs(table=out))
        assert out.read_bytes() == (tmp_path / f"mine.{suffix}").read_bytes()


@pytest.mark.slow
def test_a_table_becomes_a_summary(recognizer, folder, tmp_path):
    recognizer.table(folder / "clip.mp4").write(tmp_path / "t.csv")
    found = api.summarize(tmp_path / "t.csv")
    assert found.expressions == recognizer.expressions
    assert sum(row["frames"] for row in found.people) == len(
        [row for row in read_table(tmp_path / "t.csv") if row["face"]]
    )
    for row in found.people:
        assert sum(row[f"share_{name}"] for name in found.expressions) == pytest.approx(1)


@pytest.mark.slow
def test_paths_of_every_kind(recognizer, folder):
    photo = folder / "both.png"
    one = list(recognizer.table(photo))
    assert [row["face"] for row in one] == [0, 1]
    assert list(recognizer.table(str(photo))) == one
    assert list(recognizer.table([photo, str(photo)])) == one, "each file once"
    assert list(recognizer.table(f"{folder}/b*.png")) == one
    several = recognizer.table([photo, folder / "none.jpg", folder / "gray.png"])
    assert kinds(several) == {
        "both.png": ["ok", "ok"],
        "none.jpg": ["error"],
        "gray.png": ["no face"],
    }
    assert [row["face"] for row in recognizer.table(photo)] == [0, 1]


@pytest.mark.slow
def test_frames_of_a_video_by_time(recognizer, folder):
    rows = list(recognizer.table(folder / "clip.mp4", sampling=FrameSampling(every=2)))
    assert {row["frame"] for row in rows} == {0, 2, 4}
    frames = recognizer.table(
        iter(standin.moving_frames(6)), sampling=FrameSampling(start=0.08, end=0.17)
    )
    assert {(row["file"], row["frame"], row["time"]) for row in frames} == {
        ("frames", 2, 0.08),
        ("frames", 3, 0.12),
        ("frames", 4, 0.16),
    }


def test_pictures_in_memory(recognizer):
    image = standin.small(standin.astronaut(), 200)
    gray = np.full((60, 60), 90, np.uint8)
    (row,) = recognizer.table(image)
    assert (row["file"], row["frame"], row["time"]) == ("picture 0", 0, 0.0)
    table = recognizer.table([gray, image, Image.fromarray(image)])
    assert [(r["file"], r["status"]) for r in table] == [
        ("picture 0", "no face"),
        ("picture 1", "ok"),
        ("picture 2", "ok"),
    ]
    ok, encoded = cv2.imencode(".png", image[..., ::-1])
    assert ok
    assert [r["happy"] for r in recognizer.table(encoded.tobytes())] == [row["happy"]]


def test_files_and_pictures_in_one_list(recognizer, folder):
    table = recognizer.table([folder / "gray.png", np.zeros((40, 40, 3), np.uint8)])
    assert [row["file"] for row in table] == [str(folder / "gray.png"), "picture 1"]


def test_nothing_to_recognize(recognizer, tmp_path):
    assert list(recognizer.table([])) == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no photo or video"):
        recognizer.table(tmp_path / "empty")
    with pytest.raises(InputError, match="no file matches"):
        recognizer.table(f"{tmp_path}/*.jpg")
    for wrong in (7, {"a": 1}, [7], np.zeros((4, 4))):
        with pytest.raises(InputError):
            recognizer.table(wrong)


def test_only_errors(recognizer, tmp_path):
    (tmp_path / "a.jpg").write_text("no picture")
    table = recognizer.table([tmp_path / "a.jpg", tmp_path / "none.jpg"])
    assert [row["status"].split(":")[0] for row in table] == ["error", "error"]
    table.write(tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text()) == list(table)
    with pytest.raises(InputError, match="holds no face"):
        api.summarize(tmp_path / "t.json")


def test_progress_counts_files(recognizer, folder):
    told = []

    class Heard:
        def __call__(self, stage, done, total, note=""):
            told.append((stage, done, total, note))

        def message(self, text):
            raise AssertionError(text)

    recognizer.table([folder / "gray.png", folder / "text.jpg"], progress=Heard())
    assert told == [
        ("recognizing", 1, 2, "gray.png"),
        ("recognizing", 2, 2, "text.jpg"),
    ]


def test_tables_of_pandas_are_no_source(recognizer, folder):
    pandas = pytest.importorskip("pandas")
    files = pandas.DataFrame({"file": [str(folder / "gray.png")]})
    with pytest.raises(InputError, match="list of its paths"):
        recognizer.table(files["file"])
    (row,) = recognizer.table(list(files["file"]))
    assert row["status"] == "no face"
