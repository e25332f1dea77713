"""`pretrain`, `distill` and `run` from Python."""

from pathlib import Path

import pytest

from asdcfer import api
from asdcfer.data.pack import Pack
from asdcfer.errors import RecipeError
from tests.api.standin import recipe
from tests.factories import Heard


@pytest.mark.slow
def test_pretrain_distill_and_report(few: Pack, tmp_path: Path, heard: Heard) -> None:
    stage = api.pretrain(recipe(), few, tmp_path / "run", progress=heard)
    assert stage.weights.is_file()
    assert stage.health is not None
    assert heard.stages["teacher"] > 0
    assert any("effective values" in line for line in heard.lines)
    with pytest.raises(RecipeError, match="holds a run"):
        api.pretrain(recipe(), few, tmp_path / "run")
    student = api.distill(recipe(), few, tmp_path / "run", progress=heard)
    assert student.section == "student"
    assert student.weights.is_file()
    page = api.report(tmp_path / "run", progress=heard)
    assert page == tmp_path / "run" / "report.html"
    assert page.is_file()


@pytest.mark.slow
def test_run_of_a_teacher_alone(few: Pack, tmp_path: Path, heard: Heard) -> None:
    found = api.run(recipe("student=null"), few, tmp_path / "run", progress=heard)
    assert [stage.section for stage in found.stages] == ["teacher"]
    assert {result.kind for result in found.results} == {"knn"}
    assert found.report is not None
    assert found.report.is_file()
    assert found.without_probes == ""
    with pytest.raises(RecipeError, match="no recipe"):
        api.run("nowhere", few, tmp_path / "other")
