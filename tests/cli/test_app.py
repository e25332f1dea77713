"""`asdcfer app`: its options reach the server, and a missing package is named first."""

from pathlib import Path

from asdcfer.app.limits import Limits
from tests.cli.command import asdcfer


def test_options_reach_the_server(monkeypatch) -> None:
    given = []
    monkeypatch.setattr("asdcfer.app.serve.serve", lambda *words: given.append(words))
    done = asdcfer(
        *("app", "--port", "0", "--model", "light", "--labels", "fer2013"),
        *("--max-upload-mb", "3", "--max-pixels", "1000", "--max-seconds", "9"),
        *("--detector-model", "mine.onnx"),
    )
    assert done.returncode == 0, done.stderr
    limits = Limits(max_upload_mb=3, max_pixels=1000, max_seconds=9)
    assert given == [("127.0.0.1", 0, "light:fer2013", limits, Path("mine.onnx"))]


def test_a_missing_package_is_named_before_the_model_is_loaded(monkeypatch) -> None:
    monkeypatch.setattr("asdcfer.extras.find_spec", lambda name: None)
    assert "the web page needs fastapi: pip install 'asdcfer[app]'" in asdcfer("app").fault


def test_limits_below_their_range_are_refused_by_their_name() -> None:
    done = asdcfer("app", "--max-pixels", "0")
    assert done.returncode == 2
    assert "--max-pixels" in done.stderr
