"""Engines that spread work over processes and machines; Ray is imported when it is asked for."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.engines.engine import Engine as Engine
    from asdcfer.engines.ray_engine import ray_results as ray_results

_MODULES = {
    "Engine": "asdcfer.engines.engine",
    "ray_results": "asdcfer.engines.ray_engine",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
