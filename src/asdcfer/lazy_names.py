"""Names that are loaded from their modules when they are first used: of packages, of registries."""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, Generic, TypeVar

from asdcfer.extras import EXTRAS, missing_package

T = TypeVar("T")


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


class LazyClasses(MutableMapping[str, type[T]], Generic[T]):
    """A registry: name -> class; one of the package stands as "module:name" until it is used.

    Lists of names, such as help texts, cost no import.

    Args:
        places: name -> "module:name of the class".

    Example:
        >>> errors = LazyClasses[Exception]({"data": "asdcfer.errors:DataError"})
        >>> list(errors), errors["data"].__name__
        (['data'], 'DataError')
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._found: dict[str, str | type[T]] = dict(places)

    def __getitem__(self, name: str) -> type[T]:
        found = self._found[name]
        if isinstance(found, str):
            module, attribute = found.split(":")
            loaded: type[T] = getattr(importlib.import_module(module), attribute)
            self._found[name] = loaded
            return loaded
        return found

    def __setitem__(self, name: str, value: type[T]) -> None:
        self._found[name] = value

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
