"""Stages: weights that are kept become a stage with its card, which is made once."""

import json
from dataclasses import replace

import pytest

from asdcfer.data.sample import sample_pack
from asdcfer.errors import TrainingError
from asdcfer.models.cards import read_card
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_encoder, save_encoder, weights_hash
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.training.pretrain.stages import train_stage
from asdcfer.training.run_record import RunRecord, read_record
from asdcfer.training.teacher_file import TeacherFile
from tests.training.standin import CPU, SPEC, Told


@pytest.fixture
def recipe(tmp_path):
    start = save_encoder(tmp_path / "start", build_encoder(SPEC))
    kept = f"teacher={{method: keep, start: {start}, health: {{images: 16}}}}"
    return load_recipe("sample", [kept, "data.images=24"])


@pytest.fixture
def record(tmp_path):
    (tmp_path / "run").mkdir()
    return RunRecord(tmp_path / "run" / "run.json", recipe="sample", seed=0, data={})


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path / "run" / "teacher", hardware=CPU, progress=Told())


def test_kept_weights_are_saved_with_their_card_and_told_to_the_record(recipe, record, place):
    out = train_stage(recipe, "teacher", sample_pack(), record, place)
    assert weights_hash(load_encoder(out)) == weights_hash(load_encoder(recipe.teacher.start))
    card = json.loads(out.with_suffix(".json").read_text())
    assert (card["recipe"], card["section"], card["data"]["images"]) == ("sample", "teacher", 24)
    assert card["stage"]["method"] == "keep"
    assert card["health"]["verdict"]
    stage = read_record(record.path)["stages"]["teacher"]
    assert stage["weights"] == "teacher/encoder.safetensors"
    assert stage["weights_hash"] == weights_hash(load_encoder(out))


@pytest.mark.parametrize(
    ("started", "taught", "saw"),
    [
        ({}, {}, (False, False)),
        ({"stage": {"method": "supcon"}}, {}, (True, False)),
        ({"saw_labels": True}, {}, (True, False)),
        ({}, {"stage": {"method": "supervised"}}, (False, True)),
        ({}, {"classifier": {}}, (False, True)),
    ],
)
def test_a_card_says_whether_a_start_or_a_teacher_saw_labels(
    record, tmp_path, started, taught, saw
) -> None:
    """What nobody but the teacher was told of, the student's card tells as well."""
    start = save_encoder(tmp_path / "start", build_encoder(SPEC), started)
    teacher = save_encoder(tmp_path / "teacher", build_encoder(SPEC), taught)
    student = (
        f"student={{method: feature_distillation, start: {start}, epochs: 1, batch_size: 12, "
        "options: {form: squared, standardize: none}, views: {size: 16, views: 1}, "
        "health: {images: 16, knn_images: 0}}"
    )
    recipe = load_recipe("sample", ["teacher=null", student, "data.images=24"])
    place = Workplace(tmp_path / "run" / "student", hardware=CPU, progress=Told())
    out = train_stage(recipe, "student", sample_pack(), record, place, TeacherFile(teacher))
    card = read_card(out)
    assert card["teacher"]["saw_labels"] is saw[1]
    assert card["saw_labels"] is any(saw)
    # A student of this student, and weights that are kept, hand it on.
    kept = f"teacher={{method: keep, start: {out}, health: {{images: 16}}}}"
    again = Workplace(tmp_path / "run" / "teacher", hardware=CPU, progress=Told())
    handed = train_stage(
        load_recipe("sample", [kept, "data.images=24"]), "teacher", sample_pack(), record, again
    )
    assert read_card(handed)["saw_labels"] is any(saw)


def test_a_record_that_a_kill_left_behind_learns_of_finished_weights(recipe, record, place):
    train_stage(recipe, "teacher", sample_pack(), record, place)
    told = read_record(record.path)["stages"]
    record.values["stages"] = {}
    record.save()
    train_stage(recipe, "teacher", sample_pack(), record, replace(place, resume=True))
    assert read_record(record.path)["stages"] == told


def test_a_finished_stage_is_left_alone_and_only_by_its_own_settings(recipe, record, place):
    pack = sample_pack()
    out = train_stage(recipe, "teacher", pack, record, place)
    before = out.with_suffix(".json").read_text()
    again = replace(place, resume=True)
    assert train_stage(recipe, "teacher", pack, record, again) == out
    assert out.with_suffix(".json").read_text() == before
    assert place.progress.messages[-1] == f"teacher: finished before, {out}"
    other = recipe.model_copy(update={"seed": recipe.seed + 1})
    with pytest.raises(TrainingError, match="trained with other settings: seed differ"):
        train_stage(other, "teacher", pack, record, again)
    out.with_suffix(".json").write_text("{}")
    with pytest.raises(TrainingError, match="is not the card of a finished stage"):
        train_stage(recipe, "teacher", pack, record, again)
