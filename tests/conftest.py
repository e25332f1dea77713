"""What holds for all tests."""

import os
import tempfile

import pytest
from hypothesis import settings

# How long one example takes says how busy the machine is, and nothing about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# Tests import ONNX Runtime themselves; it must not report that.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def pytest_configure(config: pytest.Config) -> None:
    """Give all that the tests put into the system's temporary folder one that goes with them.

    The folders of `tmp_path` lie beside it, where those of failed tests stay.
    """
    if hasattr(config, "workerinput"):
        return  # a process of pytest-xdist has the folder of the one that started it
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    folder = tempfile.TemporaryDirectory(prefix="asdcfer-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    os.environ["TMPDIR"] = tempfile.tempdir = folder.name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call slow whatever wants a model exported first, which takes seconds in each process."""
    for item in items:
        if "exported" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
