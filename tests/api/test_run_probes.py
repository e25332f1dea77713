"""The probes at the end of `run`: which encoders, and what is read back instead of measured."""

from types import SimpleNamespace
from typing import Any

import pytest

from asdcfer.api import run_probes
from asdcfer.evaluation.result import read_result, write_result
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_encoder
from tests.api.standin import recipe
from tests.evaluation.standin import toy_result


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Measure nothing; remember what would have been."""
    names: list[str] = []

    def run(context: Any, probes: Any, *, name: str, out: Any, **rest: Any) -> list[Any]:
        names.append(f"{name} {context.pooling.pooling if context.pooling else 'own'}")
        result = toy_result(encoder=name, weights_hash=str(len(names)))
        write_result(out / f"{result.file_name}.json", result)
        return [result]

    monkeypatch.setattr(run_probes, "run_probes", run)
    return names


def training(tmp_path, *changes: str) -> Any:
    settings = recipe("probes={encoders: [random, teacher, student], kinds: [knn]}", *changes)
    for section in ("teacher", "student"):
        stage = getattr(settings, section)
        if stage is not None:
            save_encoder(tmp_path / section / "encoder", build_encoder(stage.encoder))
    values: dict[str, Any] = {"stages": {}}

    def stage_done(name: str, **found: Any) -> None:
        values["stages"].setdefault(name, {}).update(found)

    return SimpleNamespace(
        recipe=settings,
        pack=None,
        place=SimpleNamespace(folder=tmp_path, heard=None),
        record=SimpleNamespace(values=values, stage=stage_done),
    )


@pytest.fixture(autouse=True)
def no_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_probes, "ProbeContext", lambda **given: SimpleNamespace(**given))


def test_every_encoder_is_measured_once_and_read_back(tmp_path, measured) -> None:
    run = training(tmp_path, "probes.poolings=[]")
    first = run_probes.probe_run(run, None)
    assert measured == ["random own", "teacher own", "student own"]
    assert run_probes.probe_run(run, None) == first
    assert len(measured) == 3, "nothing is measured twice"


def test_other_poolings_come_after_the_own_one(tmp_path, measured) -> None:
    run = training(tmp_path, "probes.poolings=[global, stages]", "probes.encoders=[teacher]")
    run_probes.probe_run(run, None)
    own = run.recipe.teacher.encoder.pooling
    wanted = [name for name in ("global", "stages") if name != own]
    assert measured == ["teacher own", *(f"teacher {name}" for name in wanted)]


@pytest.mark.parametrize("change", ["weights", "votes", "options", "file"])
def test_what_has_changed_is_measured_again(tmp_path, measured, change) -> None:
    run = training(tmp_path, "probes.poolings=[]", "probes.encoders=[teacher]")
    run_probes.probe_run(run, None)
    votes = None
    if change == "weights":
        save_encoder(tmp_path / "teacher" / "encoder", build_encoder(run.recipe.teacher.encoder))
    elif change == "votes":
        votes = "other.csv"
    elif change == "options":
        probes = run.recipe.probes.model_copy(update={"draws": 2})
        run.recipe = run.recipe.model_copy(update={"probes": probes})
    else:
        next((tmp_path / "probes").iterdir()).unlink()
    run_probes.probe_run(run, votes)
    assert len(measured) == 2


def test_a_section_that_the_recipe_lacks_is_not_probed(tmp_path, measured) -> None:
    run = training(tmp_path, "probes.poolings=[]", "student=null")
    found = run_probes.probe_run(run, None)
    assert measured == ["teacher own"]
    files = run.record.values["stages"]["probes"]["teacher"]["files"]
    assert [read_result(tmp_path / "probes" / name) for name in files] == found
