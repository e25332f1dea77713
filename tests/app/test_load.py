"""The real server under a small load; `benchmarks/app_load.py` has the large one."""

import importlib
import sys
from pathlib import Path

import pytest

pytest.importorskip("skimage", reason="scikit-image is not installed")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
app_load = importlib.import_module("app_load")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks at the process as Linux shows it")
def test_good_and_bad_requests_at_once_are_answered_as_they_are_due() -> None:
    asks = app_load.drawn(60)
    assert {ask.good for ask in asks} == {True, False}
    with app_load.served() as server:
        found = app_load.load(server, asks, at_once=20, looks=2)
        folder = server.folder
    assert found["wrong"] == []
    assert found["said"] == []
    assert [look["left_in_tmp"] for look in found["looks"]] == [0, 0, 0]
    assert found["looks"][-1]["open_files"] <= found["looks"][1]["open_files"] + 3
    assert not folder.exists()
    assert "60 were answered as they are due" in app_load.page(
        found | {"machine": "m", "load_before": 0.0}
    )
