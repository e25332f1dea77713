"""What holds of every group of settings: the command line's defaults, frozen, and explained."""

import dataclasses
from typing import Any

import pytest
import typer

from asdcfer.cli.main import app

NAMES = {
    "table": "out",
    "votes": "ferplus",
    "shares": None,
    "kinds": None,
    "tracking": None,
    "engine": None,
}
"""Settings that are typed by another name or in another form, and are not compared."""


def typed_defaults(verb: str) -> dict[str, Any]:
    """Return the defaults of a verb's options and arguments, by name."""
    group: Any = typer.main.get_command(app)
    return {each.name: each.default for each in group.commands[verb].params}


def has_the_defaults_of(verb: str, kind: Any) -> None:
    """Compare the settings that a verb has by the same name, or by its name in `NAMES`."""
    typed = typed_defaults(verb)
    compared = 0
    for field in dataclasses.fields(kind):
        name = NAMES.get(field.name, field.name)
        if name in typed and typed[name] is not None and typed[name] != "":
            assert field.default == typed[name], field.name
            compared += 1
    assert compared >= 3, "few names are shared"


def is_frozen_and_explained(kind: Any) -> None:
    """Look for each setting in the docstring, and try to change it."""
    for field in dataclasses.fields(kind):
        assert f"{field.name}: " in (kind.__doc__ or ""), field.name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(kind(), field.name, None)
