"""Methods that are not of this package, made known by their import path."""

from asdcfer.errors import RecipeError
from asdcfer.import_path import load_class
from asdcfer.methods.method import Method
from asdcfer.methods.registry import METHODS


def register_method(path: str) -> str:
    """Make a method known to recipes of this process by its import path, and return that.

    Args:
        path: "mymodule:MyMethod", a subclass of `Method` with `Options`.

    Raises:
        RecipeError: there is no such module or class, or it lacks `Options`.

    Example:
        >>> register_method("asdcfer.methods.moco:Moco")
        'asdcfer.methods.moco:Moco'
        >>> METHODS.pop("asdcfer.methods.moco:Moco").__name__
        'Moco'
    """
    if path not in METHODS:
        found = load_class(path, Method)
        if not hasattr(found, "Options"):
            raise RecipeError(f"{path} has no Options, the model of its settings")
        METHODS[path] = found
    return path
