import json

import pytest

pytest.importorskip("onnxruntime")

from typer.testing import CliRunner

from asdcfer.cli.main import app
from asdcfer.errors import InputError, WeightsError
from asdcfer.models.weights import save_model
from tests.recognition import standin


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("run") / "model", standin.fitted_model())


def run(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


@pytest.mark.slow
def test_export_of_a_run_folder_with_int8_and_json(weights, tmp_path):
    done = run(weights.parent, tmp_path / "m.onnx", "--int8", "--json")
    assert done.exit_code == 0, done.exception
    result = json.loads(done.stdout)
    assert result["faces"] == 250
    assert result["same_labels"] == 1
    assert result["largest_difference"] < 1e-4
    assert result["int8"]["accuracy"] > 0.1
    assert result["int8"]["faces"] == 250
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.int8.onnx", "m.onnx"]
    assert isinstance(run(weights, tmp_path / "m.onnx").exception, InputError), (
        "files that are there stay"
    )


@pytest.mark.slow
def test_force_replaces_and_the_result_is_told(weights, tmp_path):
    (tmp_path / "m.onnx").write_text("old")
    again = run(weights, tmp_path / "m.onnx", "--force", "--split", "private", "--int8")
    assert again.exit_code == 0
    assert "largest difference" in again.stdout
    assert "angry, disgust" in again.stdout
    assert "points" in again.stdout


def test_wrong_inputs(weights, tmp_path):
    assert "must end in .onnx" in str(run(weights, tmp_path / "m.pt").exception)
    assert isinstance(run(tmp_path / "none", tmp_path / "m.onnx").exception, WeightsError)
    assert list(tmp_path.iterdir()) == []
    assert "asdcfer export default model.onnx" in run("--help").stdout
