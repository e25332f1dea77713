"""Whatever a killed run left of its journal: it goes on, or one line says why it does not."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.errors import InputError
from asdcfer.predict.journal import Journal
from tests.fuzzing import cases, damaged, refusing

SETTINGS = {"model": "a"}


def journal() -> bytes:
    lines = [
        {"settings": SETTINGS},
        {"file": "a.jpg", "frame": 0},
        {"finished": "a.jpg", "key": "/a.jpg", "video": False},
        {"file": "b.mp4", "frame": 0},
        {"file": "b.mp4", "frame": 1},
    ]
    return "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines).encode()


@pytest.mark.fuzz
@cases(120)
@given(data=st.data())
def test_damaged_journals(tmp_path: Path, data: st.DataObject) -> None:
    _, raw = data.draw(damaged({"journal": journal()}))
    (tmp_path / "rows").write_bytes(raw)
    with refusing(InputError), Journal(tmp_path / "rows", SETTINGS, resume=True) as kept:
        kept.add([{"file": "c.jpg"}])
        kept.finish("c.jpg")
        assert "c.jpg" in kept.finished
        assert {"file": "c.jpg"} in list(kept.rows())
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]
