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


@pytest.mark.slow
def test_a_kept_teacher_may_bring_query_vectors_of_its_own(few: Pack, tmp_path: Path) -> None:
    """Its file holds a projector, which the step before the training must know of as well."""
    kept = "teacher={method: keep, start: %s, health: {images: 16}%s}"
    made = kept % ("light_encoder", ", options: {query_dims: 8}")
    api.run(recipe(made, "student=null"), few, tmp_path / "kept")
    student = (
        "student={method: feature_distillation, encoder: {name: resnet18, arguments: "
        "{width: 4, stem: stride2}}, epochs: 1, batch_size: 32, options: {target: query}, "
        "views: {size: 32, views: 1, warp_negatives: 0}, health: {images: 64, knn_images: 64}}"
    )
    found = api.run(
        recipe(kept % (tmp_path / "kept" / "teacher", ""), student), few, tmp_path / "run"
    )
    assert [stage.section for stage in found.stages] == ["teacher", "student"]
