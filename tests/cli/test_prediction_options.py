"""Options of `predict`: what is typed arrives, and what cannot be is refused by name."""

import json
from pathlib import Path

import pytest

from asdcfer import api
from asdcfer.errors import InputError


def test_what_is_typed_arrives(asdcfer, monkeypatch) -> None:
    seen = []

    def run(inputs, settings, outputs, wording):
        seen.append((inputs, settings, outputs))
        raise InputError("seen")

    monkeypatch.setattr("asdcfer.api.prediction_run.PredictionRun", run)
    assert asdcfer("predict", "a.mp4").fault == "asdcfer: seen"
    words = "--out r.csv --annotate drawn --explain --blur --no-sound --plot t.png --people p.csv"
    asdcfer("predict", "a.mp4", *words.split(), "--resume", "--force")
    words = "--model nano --no-detect --backend onnx --every 3 --fps 2 --start 1:20 --end 4:00"
    asdcfer("predict", "a.mp4", *words.split(), "--smoothing", 0, "--no-tracking")
    asdcfer("predict", "a.mp4", "--detect-every", 5)
    asdcfer("predict", "--webcam", "3", "--seconds", 2.5, "--retry", 7)
    (plain, given, nothing), (_, _, outputs), (_, settings, _), (_, fifth, _), (camera, _, _) = seen
    assert (plain, given, nothing) == (["a.mp4"], api.PredictSettings(), api.PredictOutputs())
    assert outputs == api.PredictOutputs(
        table=Path("r.csv"),
        annotate=Path("drawn"),
        explain=True,
        plot=Path("t.png"),
        resume=True,
        force=True,
        blur=True,
        sound=False,
        people=Path("p.csv"),
    )
    assert settings == api.PredictSettings(
        model="nano",
        backend="onnx",
        detect=False,
        every=3,
        fps=2,
        start=80,
        end=240,
        tracking=False,
        smoothing=0,
    )
    assert fifth == api.PredictSettings(detect_every=5)
    assert camera == api.Camera(3, 2.5, 7)


@pytest.mark.parametrize("words", [("--every", 0), ("--smoothing", -1), ("--detect-every", 0)])
def test_numbers_that_cannot_be_are_refused(asdcfer, words) -> None:
    done = asdcfer("predict", "a.mp4", *words)
    assert done.returncode == 2
    assert words[0] in done.stderr


@pytest.mark.slow
def test_options_reach_the_recognizer(predict, folder):
    rows = json.loads(predict(folder / "both.png", "--json", "--abstain-below", "0.99").stdout)
    assert (
        [row["status"] for row in rows]
        == ["uncertain", "uncertain"]
        == [row["expression"] for row in rows]
    )
    (row,) = json.loads(predict(folder / "both.png", "--json", "--no-detect").stdout)
    assert (row["width"], row["height"]) == (1024, 512)
    assert [
        r["status"]
        for r in json.loads(predict(folder / "both.png", "--json", "--min-face", "150").stdout)
    ] == ["ok", "too small"]
    frames = {
        row["frame"]
        for row in json.loads(predict(folder / "clip.mp4", "--json", "--every", "3").stdout)
    }
    assert frames == {0, 3, 6}
    assert [
        len(json.loads(predict(f"{folder}/*.png", "--json", "--detector", name).stdout))
        for name in ("yunet", "lbp")
    ] == [3, 3]


@pytest.mark.slow
def test_wrong_options_are_named(predict, folder, tmp_path):
    for arguments, reason in [
        ((), "name photos"),
        (("--webcam", folder), "neither the number of a camera"),
        (("--webcam", "0", "1"), "takes one camera"),
        (
            ("rtsp://me:secret@127.0.0.1:9/x",),
            "rtsp://127.0.0.1:9/x is the address of a stream: --webcam",
        ),
        ((folder, "--explain"), "`annotate`"),
        ((folder, "--resume"), "add `table`"),
        ((folder, "--out", tmp_path / "r.xlsx"), ".parquet"),
        ((f"{folder}/*.bmp",), "no file matches"),
        ((folder / "both.png", "--detector-model", tmp_path / "none.onnx"), "no detector model"),
        ((folder / "both.png", "--plot", tmp_path / "t.png"), "timeline of a video"),
        (("--webcam", "87"), "no camera 87"),
        (("--webcam", "--plot", "t.png"), "not a camera"),
    ]:
        done = predict(*arguments)
        assert isinstance(done.exception, InputError), (arguments, done.exception)
        assert reason in str(done.exception), (arguments, done.exception)
