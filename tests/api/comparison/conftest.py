"""Faces of a comparison of seconds, and no traces of registered names."""

import pytest

from asdcfer.methods.registry import METHODS
from asdcfer.models.registry import ENCODERS
from tests.evaluation.standin import toy_pack


@pytest.fixture(scope="session")
def pack(tmp_path_factory):
    return toy_pack(tmp_path_factory.mktemp("compared") / "toys")


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    for registry in (METHODS, ENCODERS):
        for name in [name for name in registry if ":" in name or "/" in name]:
            del registry[name]
