"""Typed: values from a command line into a pydantic model, with one clear line for a mistake."""

import difflib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from asdcfer.errors import RecipeError

Options = TypeVar("Options", bound=BaseModel)


def checked(kind: type[Options], values: dict[str, Any], purpose: str) -> Options:
    """Return options made of values.

    Raises:
        RecipeError: an unknown name (the nearest valid one is named) or an impossible value.

    Example:
        >>> class Toy(BaseModel):
        ...     model_config = {"extra": "forbid"}
        ...     epochs: int = 3
        >>> checked(Toy, {"epochs": 5}, "a toy").epochs
        5
    """
    for name in values:
        if name not in kind.model_fields:
            near = difflib.get_close_matches(name, kind.model_fields, 1, 0.0)[0]
            raise RecipeError(f"{purpose} has no option {name!r}; did you mean {near!r}?")
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeError(f"option {'.'.join(map(str, first['loc']))} of {purpose}: {first['msg']}, not {first['input']!r}") from error
