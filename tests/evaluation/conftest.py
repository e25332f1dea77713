from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features of tests never reach the user's cache."""
    monkeypatch.setenv("ASDCFER_CACHE", str(tmp_path / "cache"))
