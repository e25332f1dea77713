"""Views of real faces with one local warp."""

import pytest

from tests.factories import some_views


@pytest.fixture
def views():
    return some_views(warp_negatives=1)
