"""What `asdcfer predict` may write over, how it goes on with a run, and what it leaves behind when
it is stopped.
"""

import json
import os

import cv2
import pytest

from asdcfer.errors import InputError
from asdcfer.predict import batch
from asdcfer.predict.recognizer import Recognizer
from asdcfer.predict.table_io import read_table
from asdcfer.recognition import camera
from asdcfer.recognition.video import Frame
from tests.recognition import standin


@pytest.fixture
def photos(tmp_path):
    """Two folders with a photo of one name each."""
    for number, name in enumerate(("a/x.jpg", "b/x.jpg")):
        (tmp_path / name).parent.mkdir()
        cv2.imwrite(
            str(tmp_path / name),
            standin.small((standin.astronaut(), standin.hopper())[number], 300)[..., ::-1],
        )
    return tmp_path


def stopped_at(monkeypatch, ending, frame=0):
    """Interrupt recognition at a file's frame."""
    real = batch.face_rows

    def face_rows(file, number, *rest):
        if file.endswith(ending) and number == frame:
            raise KeyboardInterrupt
        return real(file, number, *rest)

    monkeypatch.setattr(batch, "face_rows", face_rows)


@pytest.mark.parametrize("again", [(), ("--resume",), ("--force",)])
def test_inputs_are_never_replaced(predict, photos, again):
    photo = photos / "a" / "x.jpg"
    before = photo.read_bytes()
    (photos / "link").symlink_to(photos / "a")
    for target in ("a", "link"):
        done = predict(
            photos / "a", "--out", photos / "r.csv", "--annotate", photos / target, *again
        )
        assert isinstance(done.exception, InputError), done.exception
        assert "another" in str(done.exception), done.exception
    notes, film = (
        photos / "notes.csv",
        standin.write_video(photos / "film.mp4", standin.moving_frames(3)),
    )
    notes.write_text("mine")
    picture = photos / "t.png"
    picture.write_bytes(before)
    for arguments in (
        (notes, "--out", notes),
        (film, picture, "--plot", picture, "--out", photos / "r.csv"),
    ):
        done = predict(*arguments, *again)
        assert "one of the inputs" in str(done.exception)
    assert photo.read_bytes() == before == picture.read_bytes()
    assert notes.read_text() == "mine"


def test_resume_without_a_run_to_go_on_with_does_not_open_a_full_folder(predict, photos):
    drawn = photos / "drawn"
    drawn.mkdir()
    (drawn / "x.jpg").write_text("mine")
    done = predict(photos / "a", "--out", photos / "r.csv", "--annotate", drawn, "--resume")
    assert "not empty" in str(done.exception)
    assert (drawn / "x.jpg").read_text() == "mine"


@pytest.mark.slow
def test_photos_of_one_name_get_two_copies(predict, photos):
    for number, sources in enumerate((("a/x.jpg", "b/x.jpg"), ("a", "b"))):
        drawn = photos / f"drawn{number}"
        assert predict(*(photos / source for source in sources), "--annotate", drawn).exit_code == 0
        assert sorted(str(path.relative_to(drawn)) for path in drawn.rglob("*.jpg")) == [
            "a/x.jpg",
            "b/x.jpg",
        ]


@pytest.mark.slow
def test_a_finished_table_that_lacks_new_files_is_not_called_complete(predict, photos):
    for out in (photos / f"r.{suffix}" for suffix in ("csv", "json", "parquet")):
        assert predict(photos / "a", "--out", out).exit_code == 0
        before = out.read_bytes()
        assert (
            "complete already"
            in predict(os.path.relpath(photos / "a"), "--out", out, "--resume").stderr
        ), "spelled otherwise"
        done = predict(photos / "a", photos / "b", "--out", out, "--resume")
        assert "does not hold" in str(done.exception)
        assert "b/x.jpg" in str(done.exception)
        assert out.read_bytes() == before
    (photos / "other.csv").write_text("name\n1\n")
    assert "not a table" in str(
        predict(photos / "a", "--out", photos / "other.csv", "--resume").exception
    )


def test_a_run_goes_on_however_its_files_are_spelled(predict, photos, monkeypatch):
    out = photos / "r.csv"
    with monkeypatch.context() as patch:
        stopped_at(patch, "b/x.jpg")
        assert predict(photos / "a", photos / "b", "--out", out).exit_code == 130
    done = predict(
        *(os.path.relpath(photos / name) for name in ("a", "b")), "--out", out, "--resume"
    )
    assert done.exit_code == 0
    assert "1 were done before" in done.stderr
    assert len(read_table(out)) == 2


def test_a_run_is_not_continued_with_another_detector_file(predict, photos, monkeypatch):
    from asdcfer.recognition.detector import yunet_path

    own = photos / "own.onnx"
    own.write_bytes(yunet_path().read_bytes())
    with monkeypatch.context() as patch:
        stopped_at(patch, "x.jpg")
        assert (
            predict(photos / "a", "--out", photos / "r.csv", "--detector-model", own).exit_code
            == 130
        )
    assert "other settings" in str(
        predict(photos / "a", "--out", photos / "r.csv", "--resume").exception
    )
    assert (
        predict(
            photos / "a", "--out", photos / "r.csv", "--resume", "--detector-model", own
        ).exit_code
        == 0
    )


def test_ctrl_c_without_a_table_prints_what_there_is(predict, photos, monkeypatch):
    stopped_at(monkeypatch, "b/x.jpg")
    done = predict(photos / "a", photos / "b")
    assert done.exit_code == 130
    assert "a/x.jpg" in done.stdout
    assert "b/x.jpg" not in done.stdout
    assert "nothing of it is kept" in done.stderr
    done = predict(photos / "a", photos / "b", "--json")
    assert done.exit_code == 130
    assert [row["file"] for row in json.loads(done.stdout)] == [str(photos / "a" / "x.jpg")]


def test_a_camera_that_is_not_there_leaves_nothing(predict, tmp_path):
    for _ in range(2):
        assert "no camera 87" in str(
            predict("--webcam", "87", "--out", tmp_path / "r.csv").exception
        )
    assert not list(tmp_path.iterdir())


def test_a_camera_that_stops_leaves_its_rows_in_the_table(predict, tmp_path, monkeypatch):
    def frames(number, seconds):
        yield Frame(0, 0.0, standin.small(standin.both(), 300))
        raise InputError("camera 0 stopped after 1 frames")

    monkeypatch.setattr(camera, "camera_frames", frames)
    done = predict("--webcam", "--out", tmp_path / "r.json")
    assert done.exit_code == 1
    assert "1 broke off" in done.stderr
    assert "asdcfer: camera 0 stopped after 1 frames" in done.stderr
    rows = read_table(tmp_path / "r.json")
    assert len(rows) >= 2
    assert rows[-1]["status"] == "broken off: camera 0 stopped after 1 frames"
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_plot_is_checked_before_anything_is_recognized(predict, folder, tmp_path):
    out = tmp_path / "r.csv"
    for arguments, reason in (
        ((folder / "both.png", "--plot", tmp_path / "t.png"), "no video"),
        ((folder / "clip.mp4", "--plot", tmp_path / "t.xyz"), ".svg"),
    ):
        assert reason in str(predict(*arguments, "--out", out).exception)
        assert not list(tmp_path.glob("r.csv*"))


@pytest.mark.slow
def test_a_plot_that_fails_leaves_the_complete_table_alone(predict, folder, tmp_path):
    (tmp_path / "unknown").write_bytes((folder / "both.png").read_bytes())
    done = predict(
        tmp_path / "unknown", "--plot", tmp_path / "t.png", "--out", tmp_path / "r.csv", "--json"
    )
    assert "no video with frames" in str(done.exception)
    assert len(json.loads(done.stdout)) == 2
    assert len(read_table(tmp_path / "r.csv")) == 2
    assert not (tmp_path / "r.csv.partial").exists()


@pytest.mark.slow
def test_a_video_of_which_one_frame_was_recognized_is_plotted(predict, folder, tmp_path):
    assert (
        predict(folder / "clip.mp4", "--every", "100", "--plot", tmp_path / "t.png").exit_code == 0
    )
    assert (tmp_path / "t.png").stat().st_size > 5000


def test_explaining_with_a_model_without_gradients_is_refused_at_once(predict, photos, monkeypatch):
    monkeypatch.setattr(Recognizer, "explains", property(lambda self: False))
    done = predict(
        photos / "a", "--annotate", photos / "drawn", "--explain", "--out", photos / "r.csv"
    )
    assert isinstance(done.exception, InputError)
    assert "`explain=True`" in str(done.exception)
    assert not (photos / "r.csv.partial").exists()


def test_a_picture_that_recognition_fails_at_costs_its_own_row_only(predict, photos, monkeypatch):
    real = Recognizer.__call__
    wrong = standin.small(standin.both(), 77)
    cv2.imwrite(str(photos / "a" / "wrong.png"), wrong)

    def call(self, images, explain=False):
        if any(image.shape[0] == 77 for image in images):
            raise cv2.error("assertion failed")
        return real(self, images, explain)

    monkeypatch.setattr(Recognizer, "__call__", call)
    done = predict(photos / "a", photos / "b", "--json")
    statuses = {os.path.basename(row["file"]): row["status"] for row in json.loads(done.stdout)}
    assert done.exit_code == 0
    assert statuses["x.jpg"] == "ok"
    assert statuses["wrong.png"].startswith("error: recognition failed (error: assertion failed")


def test_odd_names_are_rows_like_others(predict, photos):
    (photos / "a" / "loop.jpg").symlink_to("loop.jpg")
    odd = os.fsencode(photos) + b"/a/caf\xe9.jpg"
    with open(odd, "wb") as file:
        file.write((photos / "a" / "x.jpg").read_bytes())
    done = predict(
        photos / "a",
        photos / ("n" * 300),
        photos / ("n" * 300 + ".jpg"),
        "--out",
        photos / "r.csv",
        "--json",
        "--annotate",
        photos / "drawn",
    )
    assert done.exit_code == 0, done.exception
    rows = read_table(photos / "r.csv")
    assert [row["status"].split(":")[0] for row in rows] == [
        "ok",
        "error",
        "ok",
        "error",
        "error",
    ]
    assert rows[0]["file"].endswith("caf\ufffd.jpg")
    assert len(list((photos / "drawn").iterdir())) == 2
    assert "caf" in predict(photos / "a").stdout


def test_the_table_names_the_status_that_was_most_frequent():
    from asdcfer.cli.prediction_rows import _lines
    from asdcfer.predict.face_table import FaceTable

    face = {
        "face": 0,
        "x": 0,
        "y": 0,
        "width": 9,
        "height": 9,
        "expression": "uncertain",
        "confidence": 0.4,
    }
    rows = [
        {"file": "v", "time": 0.0, "status": status, **face}
        for status in ("uncertain", "too small", "too small")
    ]
    (line,) = _lines(FaceTable(lambda: rows, ()))
    assert line.statuses.most_common(1)[0][0] == "too small"
