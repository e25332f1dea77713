"""The web page and the HTTP interface."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.app.limits import Limits as Limits
    from asdcfer.app.server import make_app as make_app

_MODULES = {"Limits": "asdcfer.app.limits", "make_app": "asdcfer.app.server"}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
