"""`predict` from Python: rows in memory, or in a table."""

from pathlib import Path

import cv2
import pytest

from asdcfer import api
from asdcfer.errors import InputError
from asdcfer.models.classifier import ExpressionModel
from tests.factories import Heard
from tests.recognition import standin


def test_predict(model: ExpressionModel, tmp_path: Path, heard: Heard) -> None:
    photo = tmp_path / "both.png"
    cv2.imwrite(str(photo), standin.both()[..., ::-1])
    settings = api.PredictSettings(model=model)
    found = api.predict(photo, settings, progress=heard)
    assert [row["face"] for row in found.rows()] == [0, 1]
    assert (found.files, found.failed, found.table) == (1, 0, None)
    assert heard.stages == {"recognizing": 1}
    outputs = api.PredictOutputs(table=tmp_path / "rows.json")
    again = api.predict([photo], settings, outputs)
    assert again.rows() == [{c: row.get(c) for c in again.columns} for row in found.rows()]
    with pytest.raises(InputError, match="there already"):
        api.predict(photo, settings, outputs)


def test_a_table_may_be_a_folder_of_parquet_files(model: ExpressionModel, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), standin.both()[..., ::-1])
    photos = sorted(tmp_path.glob("*.png"))
    settings = api.PredictSettings(model=model)
    one = api.predict(photos, settings, api.PredictOutputs(table=tmp_path / "rows.parquet"))
    outputs = api.PredictOutputs(table=tmp_path / "rows", shard=4)
    many = api.predict(photos, settings, outputs)
    assert len(list((tmp_path / "rows").iterdir())) == 2
    assert many.rows() == one.rows()
    resumed = api.PredictOutputs(table=tmp_path / "rows", shard=4, resume=True)
    assert api.predict(photos, settings, resumed).resumed == 3
    with pytest.raises(InputError, match="add `table`, a folder"):
        api.predict(photos, settings, api.PredictOutputs(shard=4))
