"""Faces for the tests of fine-tuning, and a cache of their own."""

import pytest

from tests.evaluation.conftest import _own_cache
from tests.evaluation.standin import toy_pack

__all__ = ["_own_cache"]


@pytest.fixture(scope="package")
def pack(tmp_path_factory):
    return toy_pack(tmp_path_factory.mktemp("finetune") / "pack")
