"""The whole of FER-2013 as a pack, made once for the tests that want it."""

import pytest

from asdcfer.data.pack import Pack
from asdcfer.data.prepare_pack import prepare
from tests.data.trees import FER_CSV


@pytest.fixture(scope="session")
def real_fer(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """FER-2013, 35,887 faces; for tests marked `needs_fer`."""
    return prepare(FER_CSV, tmp_path_factory.mktemp("fer") / "pack")
