"""Classes of a user's own by their import path, "mymodule:MyMethod"."""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from typing import TypeVar

from asdcfer.errors import RecipeError
from asdcfer.nearest_name import did_you_mean

T = TypeVar("T")


def is_import_path(word: str) -> bool:
    """Return whether a word is written as an import path: "package.module:Name".

    Example:
        >>> is_import_path("mymodule:MyMethod"), is_import_path("light:fer2013")
        (True, False)
        >>> is_import_path("moco"), is_import_path("C:/faces")
        (False, False)
    """
    module, colon, name = word.partition(":")
    parts = [*module.split("."), name]
    # Label sets of models stand behind a colon as well, in small letters: light:fer2013.
    return bool(colon) and all(part.isidentifier() for part in parts) and name[:1].isupper()


def load_class(path: str, base: type[T]) -> type[T]:
    """Return the class at an import path; its module is looked for in the working folder as well.

    Importing runs the module, so the path must come from the user, never from a file of weights.

    Args:
        path: "module:Name".
        base: what the class must be derived from.

    Raises:
        RecipeError: no such module or name, or something else of that name.

    Example:
        >>> load_class("collections:OrderedDict", dict).__name__
        'OrderedDict'
        >>> load_class("collections:OrderedDic", dict)
        Traceback (most recent call last):
        asdcfer.errors.RecipeError: collections has no OrderedDic; did you mean OrderedDict?
    """
    name, _, attribute = path.partition(":")
    with _working_folder():
        try:
            module = importlib.import_module(name)
        except Exception as error:
            # Whatever the user's own module raises is theirs to read, in one line.
            raise RecipeError(
                f"cannot import {name} of {path}: {type(error).__name__}: {error}"
            ) from error
    if not hasattr(module, attribute):
        raise RecipeError(f"{name} has no {attribute}{did_you_mean(attribute, vars(module))}")
    found = getattr(module, attribute)
    if not (isinstance(found, type) and issubclass(found, base)):
        raise RecipeError(f"{path} is no subclass of {base.__name__}")
    return found


@contextlib.contextmanager
def _working_folder() -> Iterator[None]:
    """Search the working folder for modules, as `python -m` does and a console script does not."""
    folder = os.getcwd()
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
