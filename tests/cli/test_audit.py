"""`asdcfer audit` as a user runs it."""

import json
import os
import re
from pathlib import Path

from asdcfer.data.sample import sample_pack
from tests.cli.command import asdcfer
from tests.data.trees import fer_csv, fer_rows


def test_audit_writes_its_files_and_prints_a_table(tmp_path: Path) -> None:
    rows = fer_rows(21)
    (tmp_path / "fer2013.csv").write_text(
        fer_csv([*rows, (0, rows[3][1], "PrivateTest"), (0, rows[4][1], "PrivateTest")])
    )
    assert asdcfer("prepare", tmp_path / "fer2013.csv", tmp_path / "p").returncode == 0
    done = asdcfer("audit", tmp_path / "p", sample_pack().path, "--out", tmp_path / "audit")
    assert done.returncode == 0, done.stderr
    assert "1,523 images: 2 exact and 0 near pairs" in done.stdout
    assert re.search(r"p:train +p:private +2 +0 +2 +2 +2", done.stdout)
    assert sorted(os.listdir(tmp_path / "audit")) == ["duplicates.csv", "duplicates.png"]
    answer = json.loads(
        asdcfer("audit", tmp_path / "p", "--out", tmp_path / "audit", "--json").stdout
    )
    assert answer["exact"] == 2
    assert answer["images"] == 23
    assert answer["splits"][0]["labels_differ"] == 2


def test_audit_of_no_pack_is_one_line(tmp_path: Path) -> None:
    done = asdcfer("audit", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "is not a pack" in done.stderr
