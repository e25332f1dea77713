"""Options of faces that are still to be found: what is typed arrives, and help says it."""

import json
import shutil
from pathlib import Path

import cv2
import pytest

from asdcfer import api
from asdcfer.api import PrepareSettings
from asdcfer.errors import DataError
from tests.cli.command import asdcfer
from tests.data.trees import save
from tests.face_clips import write_clip
from tests.recognition.standin import hopper, hopper_path


def test_what_is_typed_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[PrepareSettings] = []

    def record(source: Path, out: Path, settings: PrepareSettings, **_: object) -> None:
        seen.append(settings)
        raise DataError("recorded")

    monkeypatch.setattr(api, "prepare", record)
    words = "--detect --fps 3 --min-face 40 --max-yaw 30 --min-sharpness 0.3 --score-threshold 0.7"
    asdcfer("prepare", tmp_path, tmp_path / "out", *words.split(), "--min-change", 0.2)
    asdcfer("prepare", tmp_path, tmp_path / "out", "--split-by", "folder")
    typed, plain = seen
    assert (typed.detect, typed.fps, typed.min_face, typed.max_yaw) == (True, 3, 40, 30)
    assert (typed.min_sharpness, typed.score_threshold, typed.min_change) == (0.3, 0.7, 0.2)
    assert (plain.detect, plain.split_by, plain.fps, plain.min_face) == (
        False,
        "folder",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fps", "2"], "--fps is for --detect; give both, or neither"),
        (["--detect", "--fps", "0"], "fps 0: expected more than 0"),
        (["--detect", "--split-by", "names"], "split_by 'names': expected people, video, folder"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path: Path, words: list[str], message: str) -> None:
    save(tmp_path / "in" / "a.png", 0)
    assert message in asdcfer("prepare", tmp_path / "in", tmp_path / "out", *words).fault


def test_videos_without_detect_name_the_option(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"0")
    fault = asdcfer("prepare", tmp_path / "a.mp4", tmp_path / "out").fault
    assert "1 videos; find the faces in them: asdcfer prepare " in fault


@pytest.mark.slow
def test_the_summary_counts_what_was_left_out(tmp_path: Path) -> None:
    write_clip(tmp_path / "in" / "a.mp4", [7], 3)
    words = ("prepare", tmp_path / "in", tmp_path / "out", "--detect", "--min-change", 2)
    done = asdcfer(*words)
    assert done.returncode == 0, done.stderr
    assert "recognized as videos" in done.stderr
    assert "time left" in done.stderr
    assert "left out 5 faces:\n    5  nearly as the one before" in done.stdout
    answer = json.loads(asdcfer(*words, "--json").stdout)
    assert answer["images"] == 1
    assert answer["left_out"] == {"nearly as the one before": 5}
    assert answer["source"]["recordings"]["frames"] == 6


def test_limits_count_for_photos_alone_as_well(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(hopper_path(), tmp_path / "in")
    words = ("prepare", tmp_path / "in", tmp_path / "out", "--detect", "--json")
    assert json.loads(asdcfer(*words).stdout)["left_out"] == {}
    fault = asdcfer(*words, "--min-face", 400).fault
    assert "no face is good enough (1 too small); lower --min-face or" in fault
    fault = asdcfer(*words, "--min-sharpness", 5, "--max-yaw", 90).fault
    assert "1 blurred" in fault
    (tmp_path / "in" / "tiny.png").write_bytes(small_hopper())
    answer = json.loads(asdcfer(*words, "--min-face", 100).stdout)
    assert answer["images"] == 1
    assert answer["left_out"] == {"too small": 1}
    assert answer["skipped"] == [{"source_id": "tiny.png", "reason": "no face good enough"}]


def small_hopper() -> bytes:
    """A photo of one face of about 85 pixels."""
    _, data = cv2.imencode(".png", cv2.resize(hopper(), None, fx=0.5, fy=0.5)[..., ::-1])
    return data.tobytes()
