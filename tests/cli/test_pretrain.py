"""`asdcfer pretrain` as a user types it."""

import json

import pytest
import yaml

from asdcfer.files import read_rows
from asdcfer.models.weights import load_teacher
from tests.cli.standin import QUICK


@pytest.mark.slow
def test_what_is_there_is_not_overwritten(asdcfer, tmp_path):
    out = tmp_path / "run"
    assert asdcfer("pretrain", "--out", out, *QUICK)[0] == 0
    weights = (out / "teacher" / "encoder.safetensors").read_bytes()
    status, _, error = asdcfer("pretrain", "--out", out, *QUICK)
    assert status == 2
    assert "--resume" in error
    assert "--force" in error
    status, _, error = asdcfer("pretrain", "--out", out, *QUICK, "--resume")
    assert status == 0
    assert "finished before" in error
    assert "nothing to resume" not in error
    status, _, error = asdcfer("pretrain", "--out", out, *QUICK, "seed=1", "--resume")
    assert status == 2
    assert "seed differ" in error
    assert (out / "teacher" / "encoder.safetensors").read_bytes() == weights
    assert asdcfer("pretrain", "--out", out, *QUICK, "seed=1", "--force")[0] == 0
    assert (out / "teacher" / "encoder.safetensors").read_bytes() != weights


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["distill", "--teacher", "nowhere"], "no weights 'nowhere'"),
        (
            ["distill", "student.options.teacher_maps=[9]", "student.options.student_maps=[-1]"],
            "cannot be aligned",
        ),
        (
            ["run", "student.options.teacher_maps=[9]", "student.options.student_maps=[-1]"],
            "cannot be aligned",
        ),
        (["pretrain", "teacher.views.views=1"], "at least two views"),
    ],
)
def test_what_cannot_be_trained_removes_nothing(asdcfer, tmp_path, words, message):
    out = tmp_path / "run"
    assert asdcfer("pretrain", "--out", out, *QUICK, "teacher.epochs=1")[0] == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    status, told, error = asdcfer(
        words[0], "--out", out, "--force", *QUICK, "teacher.epochs=1", *words[1:]
    )
    assert status == 2
    assert message in error.splitlines()[-1]
    assert not told
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_pretrain_then_distill_in_one_folder(asdcfer, tmp_path):
    out = tmp_path / "run"
    status, told, progress = asdcfer("pretrain", "--out", out, *QUICK, "--resume")
    assert status == 0, progress
    assert "nothing to resume" in progress, progress
    assert str(out / "teacher" / "encoder.safetensors") in told
    assert "effective learning rate" in progress
    assert "kNN" in progress
    _, projector = load_teacher(out / "teacher" / "encoder")
    assert projector is not None
    status, _, progress = asdcfer("distill", "--out", out, *QUICK)
    assert status == 0, progress
    assert "loaded" in progress
    assert "encoder tensors" in progress
    card = json.loads((out / "student" / "encoder.json").read_text())
    assert (
        card["teacher"]["weights"]
        == json.loads((out / "teacher" / "encoder.json").read_text())["hashes"]["weights"]
    )
    assert card["recipe"] == "sample"
    assert card["seed"] == 0
    assert card["effective"]["total_steps"] == 8
    columns = read_rows(out / "student" / "metrics.csv")[-1]
    assert {"contrastive", "joint", "query", "key", "knn_online", "effective_rank"} <= {
        name for name, value in columns.items() if value
    }
    record = json.loads((out / "run.json").read_text())
    assert record["status"] == "finished"
    assert set(record["stages"]) == {"teacher", "student"}
    assert record["stages"]["student"]["health"]["verdict"]
    assert yaml.safe_load((out / "recipe.yaml").read_text())["student"]["options"]["w_key"] == 1.0
