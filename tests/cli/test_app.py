"""`asdcfer app`: its options reach the server, and a missing package is named first."""

from pathlib import Path

from asdcfer.app.labeling import LabelingSettings
from asdcfer.app.limits import Limits
from tests.cli.command import asdcfer


def test_options_reach_the_server(monkeypatch) -> None:
    given = []
    monkeypatch.setattr("asdcfer.app.serve.serve", lambda *words: given.append(words))
    done = asdcfer(
        *("app", "--port", "0", "--model", "light", "--labels", "fer2013"),
        *("--max-upload-mb", "3", "--max-pixels", "1000", "--max-seconds", "9"),
        *("--detector-model", "mine.onnx", "--device", "openvino"),
    )
    assert done.returncode == 0, done.stderr
    limits = Limits(max_upload_mb=3, max_pixels=1000, max_seconds=9)
    assert given == [("127.0.0.1", 0, "light:fer2013", limits, Path("mine.onnx"), None, "openvino")]


def test_what_is_labeled_reaches_the_server(monkeypatch) -> None:
    given = []
    monkeypatch.setattr("asdcfer.app.serve.serve", lambda *words: given.append(words[-2]))
    done = asdcfer(
        *("app", "--label", "packs/mine", "--label-file", "mine.csv"),
        *("--label-order", "to_label", "--label-words", "calm, tense"),
    )
    assert done.returncode == 0, done.stderr
    words = ["calm", "tense"]
    assert given == [LabelingSettings("packs/mine", Path("mine.csv"), Path("to_label"), words)]
    refused = asdcfer("app", "--label-file", "mine.csv")
    assert refused.returncode == 2
    assert "--label-file" in refused.stderr


def test_a_missing_package_is_named_before_the_model_is_loaded(monkeypatch) -> None:
    monkeypatch.setattr("asdcfer.extras.find_spec", lambda name: None)
    assert "the web page needs fastapi: pip install 'asdcfer[app]'" in asdcfer("app").fault


def test_limits_below_their_range_are_refused_by_their_name() -> None:
    done = asdcfer("app", "--max-pixels", "0")
    assert done.returncode == 2
    assert "--max-pixels" in done.stderr
