from tests.evaluation.conftest import _own_cache

__all__ = ["_own_cache"]
