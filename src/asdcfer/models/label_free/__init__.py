"""Encoders that learn without gradients; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.models.label_free.fisher import Fisher as Fisher
    from asdcfer.models.label_free.patches import Patches as Patches

_MODULES = {
    "Fisher": "asdcfer.models.label_free.fisher",
    "Patches": "asdcfer.models.label_free.patches",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
