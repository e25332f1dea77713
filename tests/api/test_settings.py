"""Settings: frozen, and the same defaults as the command line has."""

import dataclasses
import inspect
from typing import Any

import pytest

from asdcfer.api import settings
from tests.api.any_settings import has_the_defaults_of, is_frozen_and_explained, typed_defaults

OF_VERBS = {
    "prepare": settings.PrepareSettings,
    "probe": settings.ProbeSettings,
    "evaluate": settings.EvaluateSettings,
    "export": settings.ExportSettings,
}


@pytest.mark.parametrize("verb", OF_VERBS)
def test_the_command_line_has_the_same_defaults(verb: str) -> None:
    has_the_defaults_of(verb, OF_VERBS[verb])


@pytest.mark.parametrize("verb", ["audit", "embed", "predict", "prepare"])
def test_work_is_done_where_the_command_line_does_it(verb: str) -> None:
    typed = typed_defaults(verb)
    engine = settings.Engine()
    told = (engine.name, engine.address, engine.workers)
    assert told == (typed["engine"], typed["address"], typed["workers"])


@pytest.mark.parametrize(
    "kind", [kind for _, kind in inspect.getmembers(settings, dataclasses.is_dataclass)]
)
def test_settings_cannot_be_changed_and_say_what_they_mean(kind: Any) -> None:
    is_frozen_and_explained(kind)
