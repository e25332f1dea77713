"""Data sets that a pack can be made from: one file each, and a line in the registry."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.data.datasets.layout import Layout as Layout
    from asdcfer.data.datasets.registry import SOURCES as SOURCES
    from asdcfer.data.datasets.registry import source_of as source_of
    from asdcfer.data.datasets.source import Crop as Crop
    from asdcfer.data.datasets.source import Explanation as Explanation
    from asdcfer.data.datasets.source import Options as Options
    from asdcfer.data.datasets.source import Reading as Reading
    from asdcfer.data.datasets.source import Source as Source

_MODULES = {
    "Layout": "asdcfer.data.datasets.layout",
    "SOURCES": "asdcfer.data.datasets.registry",
    "source_of": "asdcfer.data.datasets.registry",
    "Crop": "asdcfer.data.datasets.source",
    "Explanation": "asdcfer.data.datasets.source",
    "Options": "asdcfer.data.datasets.source",
    "Reading": "asdcfer.data.datasets.source",
    "Source": "asdcfer.data.datasets.source",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
