"""Public names of a package that are loaded from their modules when they are first used."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from asdcfer.extras import EXTRAS, missing_package


def lazy_names(
    package: str, modules: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package whose names are loaded when used.

    The package imports the same names under `TYPE_CHECKING`, so that a type checker knows them.
    A name whose module needs an optional package that is not installed raises
    `MissingPackageError`, which says how to install it.

    Args:
        package: `__name__` of the package.
        modules: public name -> module that defines it; a submodule stands for itself. No other
            name may be that of a submodule: importing that would hide it.

    Example:
        >>> modules = {"DataError": "asdcfer.errors", "errors": "asdcfer.errors"}
        >>> look_up, names = lazy_names("asdcfer", modules)
        >>> look_up("DataError").__name__, look_up("errors").__name__
        ('DataError', 'asdcfer.errors')
        >>> look_up("DateError")
        Traceback (most recent call last):
            ...
        AttributeError: module 'asdcfer' has no attribute 'DateError'
    """

    def look_up(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            module = importlib.import_module(modules[name])
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in EXTRAS:
                raise
            raise missing_package(missing, f"{package}.{name}") from error
        value = module if modules[name] == f"{package}.{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return look_up, names
