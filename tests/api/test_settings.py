"""Settings: frozen, and the same defaults as the command line has."""

import dataclasses
import inspect
from typing import Any

import pytest
import typer

from asdcfer.api import settings
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
OF_VERBS = {
    "prepare": settings.PrepareSettings,
    "probe": settings.ProbeSettings,
    "evaluate": settings.EvaluateSettings,
    "export": settings.ExportSettings,
    "predict": settings.PredictSettings,
}


@pytest.mark.parametrize("verb", OF_VERBS)
def test_the_command_line_has_the_same_defaults(verb: str) -> None:
    group: Any = typer.main.get_command(app)
    typed = {each.name: each.default for each in group.commands[verb].params}
    compared = 0
    for field in dataclasses.fields(OF_VERBS[verb]):
        name = NAMES.get(field.name, field.name)
        if name in typed and typed[name] is not None and typed[name] != "":
            assert field.default == typed[name], field.name
            compared += 1
    assert compared >= 3, "few names are shared"


@pytest.mark.parametrize("verb", ["audit", "embed", "predict", "prepare"])
def test_work_is_done_where_the_command_line_does_it(verb: str) -> None:
    group: Any = typer.main.get_command(app)
    typed = {each.name: each.default for each in group.commands[verb].params}
    engine = settings.Engine()
    told = (engine.name, engine.address, engine.workers)
    assert told == (typed["engine"], typed["address"], typed["workers"])


@pytest.mark.parametrize(
    "kind", [kind for _, kind in inspect.getmembers(settings, dataclasses.is_dataclass)]
)
def test_settings_cannot_be_changed_and_say_what_they_mean(kind: Any) -> None:
    for field in dataclasses.fields(kind):
        assert f"{field.name}: " in (kind.__doc__ or ""), field.name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(kind(), field.name, None)
