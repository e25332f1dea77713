"""Options of recognition: what is typed arrives, and what cannot be is one line."""

import numpy as np
from PIL import Image

from asdcfer.predict.table_io import read_table
from asdcfer.recognition.face_quality import MEASURES


def test_sharpness_of_cropped_faces_and_its_bound(predict, tmp_path):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (48, 48)).astype(np.uint8)).save(tmp_path / "sharp.png")
    even = np.linspace(60, 200, 48).astype(np.uint8)
    Image.fromarray(np.tile(even, (48, 1))).save(tmp_path / "even.png")
    out = tmp_path / "rows.csv"
    done = predict(tmp_path, "--no-detect", "--min-sharpness", 0.2, "--out", out)
    assert done.exit_code == 0, done.exception
    rows = {row["file"].rsplit("/")[-1]: row for row in read_table(out)}
    assert rows["even.png"]["status"] == "blurred"
    assert rows["even.png"]["expression"] == "uncertain"
    assert rows["sharp.png"]["status"] == "ok"
    for row in rows.values():
        assert float(row["sharpness"]) >= 0
        assert {row[name] for name in MEASURES if name != "sharpness"} == {""}


def test_bounds_that_cannot_be_are_refused(predict, tmp_path):
    for option, value in (("--max-yaw", 91), ("--max-yaw", -1), ("--min-sharpness", -1)):
        done = predict(tmp_path, option, value)
        assert done.exit_code == 2
        assert option in done.output
