"""Validation of settings: plain values become a typed model.

A mistake becomes one line that gives the nearest valid name.
"""

import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from asdcfer.errors import RecipeError
from asdcfer.nearest_name import did_you_mean

Model = TypeVar("Model", bound=BaseModel)
_TYPE_TRIED = re.compile(r"(constrained-)?(float|int|str)|literal\[.*\]")
"""Types by which pydantic ends the place of a fault where a value may be of several types."""


def validate_options(model: type[Model], values: Mapping[str, Any], place: str = "") -> Model:
    """Return a model made of plain values, such as those of a recipe or of a command line.

    Args:
        model: forbids names that it does not have.
        values: by name.
        place: dotted place of the values, put before the names in messages.

    Raises:
        RecipeError: an unknown name, with the nearest valid one, or an impossible value; unknown
            names are told first.

    Example:
        >>> class Toy(BaseModel):
        ...     model_config = {"extra": "forbid"}
        ...     epochs: int = 3
        >>> validate_options(Toy, {"epochs": "5"}).epochs
        5
        >>> validate_options(Toy, {"epoch": 5}, "toy")
        Traceback (most recent call last):
        asdcfer.errors.RecipeError: unknown key toy.epoch; did you mean toy.epochs?
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        fault = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
        raise RecipeError(_told(model, fault, [place] if place else [])) from error


def names_at(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Return the names of the fields at a place in a tree of models.

    Example:
        >>> class Inner(BaseModel):
        ...     a: int = 0
        >>> class Outer(BaseModel):
        ...     inner: Inner | None = None
        >>> names_at(Outer, ["inner"])
        ['a']
    """
    for part in place:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            return []
        model = inner
    return sorted(model.model_fields)


def _told(model: type[BaseModel], fault: Any, place: list[str]) -> str:
    """Return one line for one fault."""
    where = ".".join([*place, *map(str, fault["loc"])])
    if fault["type"] == "extra_forbidden":
        *parents, last = fault["loc"]
        above = ".".join([*place, *map(str, parents)])
        return f"unknown key {where}{did_you_mean(str(last), names_at(model, parents), above)}"
    if len(fault["loc"]) > 1 and _TYPE_TRIED.fullmatch(str(fault["loc"][-1])):
        where = where.removesuffix(f".{fault['loc'][-1]}")
    message = fault["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(fault.get("input"), dict) else f" (got {fault.get('input')!r})"
    return f"{where}{': ' if where else ''}{message[0].lower()}{message[1:]}{shown}"


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return next(
            (found for choice in typing.get_args(annotation) if (found := _model_in(choice))), None
        )
    return None
