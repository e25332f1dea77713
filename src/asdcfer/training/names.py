"""Names of keys: which are valid at a place in a typed tree, and which of them was probably meant."""

import difflib
import types
import typing
from collections.abc import Iterable, Sequence

from pydantic import BaseModel


def nearest(name: str, valid: Iterable[str], prefix: str = "") -> str:
    """Return the end of an error message: the nearest valid name, or all of them where none is near.

    Args:
        name: what was written.
        valid: what could have been written.
        prefix: dotted place of the key, put before the suggestion.

    Example:
        >>> nearest("epoch", ["epochs", "seed"], "teacher")
        '; did you mean teacher.epochs?'
        >>> nearest("zebra", ["epochs", "seed"])
        '; valid here: epochs, seed'
    """
    valid = sorted(valid)
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {prefix + '.' if prefix else ''}{close[0]}?"
    return f"; valid here: {', '.join(valid)}" if valid else ""


def valid_names_at(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Return the names of the fields at a place in a tree of models.

    Example:
        >>> class Inner(BaseModel):
        ...     a: int = 0
        >>> class Outer(BaseModel):
        ...     inner: Inner | None = None
        >>> valid_names_at(Outer, ["inner"])
        ['a']
    """
    for part in place:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            return []
        model = inner
    return sorted(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return next((found for choice in typing.get_args(annotation) if (found := _model_in(choice))), None)
    return None
