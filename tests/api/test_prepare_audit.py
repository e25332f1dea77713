"""`prepare` and `audit` from Python."""

from pathlib import Path

import pytest

from asdcfer import api
from asdcfer.data.pack import Pack
from asdcfer.errors import DataError
from tests.data.trees import fer_csv, fer_rows
from tests.factories import Heard


def test_prepare(tmp_path: Path, heard: Heard) -> None:
    source = tmp_path / "fer2013.csv"
    source.write_text(fer_csv(fer_rows(42)), encoding="utf-8")
    settings = api.PrepareSettings(size=32)
    pack = api.prepare(source, tmp_path / "pack", settings, progress=heard)
    assert pack.images.shape[1:] == (32, 32)
    assert heard.stages == {"reading": len(pack)}
    assert "recognized as fer2013" in heard.lines[0]
    with pytest.raises(DataError, match="nothing at"):
        api.prepare(tmp_path / "nowhere", tmp_path / "pack")


def test_audit(few: Pack, tmp_path: Path, heard: Heard) -> None:
    found = api.audit([few, few.path], tmp_path / "out", progress=heard)
    assert found.images == 2 * len(few)
    assert found.exact >= len(few)
    assert found.csv == tmp_path / "out" / "duplicates.csv"
    assert found.csv.is_file()
    assert heard.stages == {"comparing": found.images}
