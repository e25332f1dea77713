"""The options of every training: the same for each verb, and what they become."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from asdcfer import api
from asdcfer.cli.main import app
from asdcfer.cli.training_options import TrainingOptions, training_verb
from asdcfer.errors import RecipeError
from asdcfer.training.engine.hardware import Hardware

VERBS = {"pretrain": {}, "distill": {"teacher": None}, "run": {"votes": None}}


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_typed_arrives_in_the_api(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def trained(**arguments: Any) -> None:
        given.update(arguments)
        raise RecipeError("far enough")

    monkeypatch.setattr(api, verb, trained, raising=False)
    words = "--recipe sample --data faces --out here --force --devices 2 --tensorboard seed=3"
    done = CliRunner().invoke(app, [verb, *words.split()])
    assert str(done.exception) == "far enough"
    assert given.pop("progress") is not None
    assert given.pop("recipe").seed == 3
    assert given == {
        "data": "faces",
        "out": Path("here"),
        "resume": False,
        "force": True,
        "hardware": Hardware("auto", devices=2, tensorboard=True),
        **VERBS[verb],
    }


def test_a_recipe_that_is_not_there_is_named() -> None:
    with pytest.raises(RecipeError, match="did you mean sample"):
        TrainingOptions(recipe="smaple").arguments()


def test_a_verb_keeps_its_own_options_first() -> None:
    @training_verb
    def rehearse(options: TrainingOptions, loud: bool = False) -> None:
        """Rehearse."""

    names = list(inspect.signature(rehearse).parameters)
    assert names[0] == "loud"
    assert names[1:] == list(inspect.signature(TrainingOptions).parameters)
    assert rehearse.__doc__ == "Rehearse."
