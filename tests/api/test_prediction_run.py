"""A run of `predict` step by step: what is refused before any work, and what decides the rows."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from asdcfer.api.prediction_run import Camera, PredictionRun
from asdcfer.api.prediction_settings import PredictOutputs, PredictSettings
from asdcfer.errors import AsdcferError, InputError
from asdcfer.models.classifier import ExpressionModel
from tests.factories import Heard
from tests.recognition import standin


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "both.png"
    cv2.imwrite(str(path), standin.both()[..., ::-1])
    return path


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"explain": True}, "`explain=True` draws into annotated copies; add `annotate`"),
        ({"resume": True}, "goes on with the run of a table; add `table`"),
        ({"table": "rows.xyz"}, "xyz"),
        ({"plot": "t.png"}, "no video is among the inputs"),
        ({"table": "r.csv", "people": "r.csv"}, "`table` and `people` would both write r.csv"),
        ({"table": "r.csv", "annotate": "./r.csv"}, "`table` and `annotate` would both write"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_any_work(photo, outputs, message) -> None:
    with pytest.raises(InputError, match=message):
        PredictionRun(photo, PredictSettings(), PredictOutputs(**outputs))


def test_a_camera_goes_without_the_outputs_of_files() -> None:
    for outputs in ({"annotate": "a"}, {"plot": "p.png"}, {"resume": True, "table": "r.csv"}):
        with pytest.raises(InputError, match="go with files, not a camera"):
            PredictionRun(Camera(), PredictSettings(), PredictOutputs(**outputs))


def test_no_input_is_said() -> None:
    with pytest.raises(InputError, match="there is nothing to recognize"):
        PredictionRun([], PredictSettings(), PredictOutputs())


def test_rows_live_in_a_journal_until_they_are_in_the_table(
    photo: Path, model: ExpressionModel, tmp_path: Path, heard: Heard
) -> None:
    table = tmp_path / "rows.csv"
    run = PredictionRun(photo, PredictSettings(model=model), PredictOutputs(table=table))
    assert not run.complete
    with run:
        run.recognize(heard)
        assert run.journal.path.exists()
        assert not table.exists()
        run.write_table()
    assert table.is_file()
    assert not run.journal.path.exists()
    assert heard.stages == {"recognizing": 1}
    # A run that was killed here has only its lock left to remove.
    lock = tmp_path / ".rows.csv.asdcfer.lock"
    lock.touch()
    again = PredictionRun(photo, PredictSettings(), PredictOutputs(table=table, resume=True))
    assert again.complete
    assert not lock.exists()


def test_an_interrupted_run_keeps_its_rows_for_the_same_settings_only(
    photo: Path, model: ExpressionModel, tmp_path: Path, heard: Heard
) -> None:
    outputs = PredictOutputs(table=tmp_path / "rows.csv")
    with PredictionRun(photo, PredictSettings(model=model), outputs) as run:
        run.recognize(heard)
    resumed = PredictOutputs(table=tmp_path / "rows.csv", resume=True)
    other = PredictSettings(model=model, score_threshold=0.5)
    with (
        pytest.raises(InputError, match="another model or other settings"),
        PredictionRun(photo, other, resumed),
    ):
        pass
    with PredictionRun(photo, PredictSettings(model=model), resumed) as again:
        again.recognize(heard)
        again.write_table()
    assert again.summary.resumed == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((9, 9, 3), np.uint8), "for pixels call a Recognizer"),
        ([np.zeros((9, 9, 3), np.uint8)], "a ndarray is no path"),
        ({"file": "a.jpg"}, "not dict"),
        ([7], "a int is no path"),
    ],
)
def test_what_is_no_file_is_refused_at_once(given, said) -> None:
    with pytest.raises(InputError, match=said):
        PredictionRun(given, PredictSettings(), PredictOutputs())


GONE = 4_194_999
"""A number that no process has."""


def test_what_a_killed_run_left_of_copies_and_names_goes(
    photo: Path, model: ExpressionModel, tmp_path: Path
) -> None:
    copies = tmp_path / "copies"
    (copies / "deep").mkdir(parents=True)
    left = [copies / "deep" / f".a.{GONE}.tmp.png", tmp_path / f".names.{GONE}.tmp.csv"]
    for path in left:
        path.touch()
    outputs = PredictOutputs(
        table=tmp_path / "t.csv", annotate=copies, people=tmp_path / "names.csv", force=True
    )
    with PredictionRun(photo, PredictSettings(model=model), outputs):
        assert not any(path.exists() for path in left)
        other = PredictOutputs(table=tmp_path / "u.csv", annotate=copies, force=True)
        with (
            pytest.raises(AsdcferError, match="copies is in use by another run"),
            PredictionRun(photo, PredictSettings(model=model), other),
        ):
            pass
    assert not list(tmp_path.glob(".*.lock"))
