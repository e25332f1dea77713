"""adapt.json: never overwritten by accident, resumed only with what it was begun with."""

import json

import pytest

from asdcfer.adaptation.start_model import start_model
from asdcfer.api.adapting_record import AdaptingRecord
from asdcfer.api.settings import AdaptSettings
from asdcfer.errors import RecipeError
from tests.evaluation.standin import toy_model, toy_pack


def test_force_removes_what_adapt_made_and_nothing_else(tmp_path):
    pack, start = toy_pack(tmp_path / "pack", {"train": 6}), start_model(toy_model())
    out = tmp_path / "out"

    def opened(resume=False, force=False, **more):
        settings = AdaptSettings(**more)
        return AdaptingRecord.opened(out, settings, start, pack, resume=resume, force=force)

    opened().note(images=4)
    (out / "stages").mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(RecipeError, match="holds an adapted model or an unfinished one"):
        opened()
    assert opened(resume=True).values["images"] == 4
    assert opened(resume=True, folds=3, device="cpu").values["images"] == 4
    with pytest.raises(RecipeError, match="begun with other settings: budget differ"):
        opened(resume=True, budget="2h")
    assert "images" not in opened(force=True, budget="2h").values
    assert (out / "notes.txt").read_text() == "mine"
    assert not (out / "stages").exists()
    assert json.loads((out / "adapt.json").read_text())["begun"]["budget"] == "2h"


def test_a_file_in_the_way(tmp_path):
    pack, start = toy_pack(tmp_path / "pack", {"train": 6}), start_model(toy_model())
    (tmp_path / "out").write_text("x")
    with pytest.raises(RecipeError, match="is a file"):
        AdaptingRecord.opened(
            tmp_path / "out", AdaptSettings(), start, pack, resume=False, force=False
        )
