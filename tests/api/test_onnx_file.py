"""`export` from Python."""

from pathlib import Path

import pytest

from asdcfer import api
from asdcfer.data.pack import Pack
from asdcfer.models.classifier import ExpressionModel
from tests.factories import Heard


@pytest.mark.slow
def test_export(few: Pack, model: ExpressionModel, tmp_path: Path, heard: Heard) -> None:
    pytest.importorskip("onnx")
    found = api.export(model, tmp_path / "model.onnx", data=few, progress=heard)
    assert found.file.is_file()
    assert found.parity.faces == len(few.rows("public"))
    assert found.int8 is None
    assert "exporting" in heard.stages
