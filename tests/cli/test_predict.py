import json
import os
import signal
import subprocess
import sys
import time

import cv2
import pytest

from asdcfer.errors import InputError
from asdcfer.predict.table_io import read_table
from tests.interrupting import start_interruptible
from tests.recognition import standin


def by_file(rows):
    files = {}
    for row in rows:
        files.setdefault(os.path.basename(row["file"]), []).append(row)
    return files


@pytest.mark.slow
def test_a_folder_gives_a_row_a_face_and_never_stops(predict, folder, tmp_path):
    done = predict(
        folder,
        "--out",
        tmp_path / "r.json",
        "--annotate",
        tmp_path / "drawn",
        "--explain",
        "--plot",
        tmp_path / "t.png",
    )
    assert done.exit_code == 0, done.exception
    files = by_file(read_table(tmp_path / "r.json"))
    assert list(files) == [
        "both.png",
        "clip.mp4",
        "cut.jpg",
        "cut.mp4",
        "hopper.jpg",
        "gray.png",
        "text.jpg",
    ]
    assert [row["face"] for row in files["both.png"]] == [0, 1]
    assert files["gray.png"][0]["status"] == "no face"
    assert files["text.jpg"][0]["status"] == "error: not a picture in a format that can be read"
    assert files["cut.jpg"][0]["status"].startswith("error: broken picture")
    assert len({row["frame"] for row in files["clip.mp4"]}) == 8
    assert files["cut.mp4"][-1]["status"].startswith("broken off: the video broke off after frame")
    assert len(files["cut.mp4"]) > 10
    (row,) = files["hopper.jpg"]
    assert sum(row[name] for name in standin.EXPRESSIONS) == pytest.approx(1, abs=1e-4)
    assert row["confidence"] == max(row[name] for name in standin.EXPRESSIONS)
    assert "7 files (2 could not be read, 1 broke off)" in done.stderr
    drawn = sorted(
        path.relative_to(tmp_path / "drawn").as_posix()
        for path in (tmp_path / "drawn").rglob("*.*")
    )
    assert drawn == ["both.png", "clip.mp4", "deep/cut.mp4", "deep/hopper.jpg", "gray.png"]
    # One file a video: the timeline of the one with faces; the other is told of.
    assert (tmp_path / "t_0_clip.png").stat().st_size > 5000
    assert "nothing to plot" in done.stderr
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_csv_and_parquet_hold_the_same_rows(predict, folder, tmp_path, suffix):
    out = tmp_path / f"r.{suffix}"
    assert predict(folder / "both.png", folder / "text.jpg", "--out", out).exit_code == 0
    printed = json.loads(predict(folder / "both.png", folder / "text.jpg", "--json").stdout)
    for a, b in zip(read_table(out), printed, strict=True):
        assert {k: "" if v in (None, "") else str(v) for k, v in a.items()} == {
            k: "" if v is None else str(v) for k, v in b.items()
        }


@pytest.mark.slow
def test_without_out_a_small_table_is_printed(predict, folder):
    done = predict(folder / "both.png", folder / "clip.mp4")
    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0].split()[:4] == ["file", "face", "expression", "confidence"]
    assert len(lines) >= 5
    assert "%" in lines[1]
    assert "both.png" in lines[1]


@pytest.mark.slow
def test_results_are_not_replaced_without_force(predict, folder, tmp_path):
    out = tmp_path / "r.csv"
    out.write_text("precious")
    done = predict(folder / "both.png", "--out", out)
    assert isinstance(done.exception, InputError)
    assert "`force=True`" in str(done.exception)
    assert out.read_text() == "precious"
    assert predict(folder / "both.png", "--out", out, "--force").exit_code == 0
    assert len(read_table(out)) == 2
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    for option, target in (("--annotate", tmp_path / "full"), ("--plot", folder / "gray.png")):
        assert "`force=True`" in str(predict(folder / "clip.mp4", option, target).exception)
    (tmp_path / "t_1_clip.png").touch()
    assert "`force=True`" in str(
        predict(folder / "clip.mp4", folder / "deep", "--plot", tmp_path / "t.png").exception
    ), "timelines of several videos are numbered"
    before = out.read_text()
    resumed = predict(folder / "both.png", "--out", out, "--resume")
    assert resumed.exit_code == 0
    assert "complete already" in resumed.stderr
    assert out.read_text() == before


@pytest.mark.slow
def test_an_interrupted_folder_is_continued_with_the_same_result(
    predict, folder, tmp_path, monkeypatch
):
    assert predict(folder, "--out", tmp_path / "whole.csv").exit_code == 0
    from asdcfer.predict import batch

    real, seen = batch.face_rows, []

    def interrupted(file, frame, *rest):
        seen.append(file)
        if file.endswith("clip.mp4") and frame == 5:
            raise KeyboardInterrupt
        return real(file, frame, *rest)

    out = tmp_path / "r.csv"
    monkeypatch.setattr(batch, "face_rows", interrupted)
    stopped = predict(folder, "--out", out)
    assert stopped.exit_code == 130
    assert "--resume" in stopped.stderr
    assert not out.exists()
    assert (tmp_path / "r.csv.partial").exists()
    assert "`resume=True`" in str(predict(folder, "--out", out).exception), (
        "what was done is not thrown away unasked"
    )
    assert "other settings" in str(
        predict(folder, "--out", out, "--resume", "--every", "2").exception
    )
    seen.clear()
    monkeypatch.setattr(
        batch, "face_rows", lambda file, *rest: seen.append(file) or real(file, *rest)
    )
    done = predict(folder, "--out", out, "--resume")
    assert done.exit_code == 0
    assert "1 were done before" in done.stderr
    assert not any(file.endswith("both.png") for file in seen), (
        "finished files are not recognized again"
    )
    assert out.read_text() == (tmp_path / "whole.csv").read_text()
    assert not (tmp_path / "r.csv.partial").exists()


def test_nothing_readable_gives_status_1_and_still_a_row(predict, tmp_path):
    done = predict(tmp_path / "gone.jpg", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["status"] == "error: no such file"


@pytest.mark.slow
def test_files_without_a_suffix_are_tried_as_both(predict, folder, tmp_path):
    (tmp_path / "photo").write_bytes((folder / "both.png").read_bytes())
    (tmp_path / "film").write_bytes((folder / "clip.mp4").read_bytes())
    (tmp_path / "what").write_bytes(b"neither")
    files = by_file(
        json.loads(
            predict(tmp_path / "photo", tmp_path / "film", tmp_path / "what", "--json").stdout
        )
    )
    assert len(files["photo"]) == 2
    assert len({row["frame"] for row in files["film"]}) == 8
    assert "neither a picture nor a video" in files["what"][0]["status"]


def test_a_camera_fills_rows_until_it_ends(predict, tmp_path, monkeypatch):
    from asdcfer.recognition import camera
    from asdcfer.recognition.video import Frame

    monkeypatch.setattr(
        camera,
        "camera_frames",
        lambda number, seconds: (
            Frame(i, i / 25, standin.small(standin.both(), 300)) for i in range(5)
        ),
    )
    assert predict("--webcam", "--out", tmp_path / "r.json").exit_code == 0
    rows = read_table(tmp_path / "r.json")
    assert {row["file"] for row in rows} == {"webcam:0"}
    assert {row["frame"] for row in rows} == set(range(5))


def test_help_has_examples(predict):
    assert "asdcfer predict photo.jpg" in predict("--help", model=False).stdout


@pytest.mark.slow
def test_ctrl_c_in_a_real_process_leaves_a_run_that_can_be_continued(weights, tmp_path):
    clip = standin.write_video(tmp_path / "long.mp4", standin.moving_frames(60) * 20)
    photo = tmp_path / "a.png"
    cv2.imwrite(str(photo), standin.both()[..., ::-1])
    command = [
        sys.executable,
        "-m",
        "asdcfer",
        "predict",
        str(photo),
        str(clip),
        "--model",
        str(weights),
        "--out",
        str(tmp_path / "r.csv"),
    ]
    process = start_interruptible(
        [sys.executable, "-c", "from asdcfer.cli import main; main()", *command[3:]],
        stderr=subprocess.PIPE,
        text=True,
    )
    partial = tmp_path / "r.csv.partial"
    for _ in range(1200):
        if partial.exists() and "finished" in partial.read_text():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "--resume" in told
    assert not (tmp_path / "r.csv").exists()
