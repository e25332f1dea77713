"""Views of real faces with one local warp."""

import pytest

from tests.factories import some_views


@pytest.fixture
def views():
    return some_views(warp_negatives=1)


def pytest_generate_tests(metafunc):
    """Run a test that asks for a `variant` once for each that its class names."""
    if "variant" in metafunc.fixturenames:
        metafunc.parametrize("variant", list(metafunc.cls.variants))
