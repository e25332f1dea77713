"""`asdcfer run` as a user types it, and what a training refuses."""

import json
from pathlib import Path

import pytest

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.sample import sample_pack
from tests.cli.standin import QUICK, STUDENT, TEACHER


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "--recipe", "smaple"], "there is no recipe 'smaple'; did you mean sample?"),
        (["run", "teacher.epoch=3"], "unknown key teacher.epoch; did you mean teacher.epochs?"),
        (["pretrain", "--data", "/nowhere/faces"], "there is nothing at '/nowhere/faces'"),
        (["pretrain", "--recipe", "fer2013_small"], "wants data: give --data"),
        (["distill"], "there is no teacher at"),
        (["distill", "--teacher", "no_such_weights"], "no_such_weights"),
        (["pretrain", "--device", "tpu", *QUICK], "unknown device 'tpu'"),
        (["pretrain", *QUICK, "teacher.batch_size=400"], "300 images do not fill one step of 400"),
        (["pretrain", *QUICK, "data.splits=[nope]"], "no split 'nope'"),
        (["pretrain", *QUICK, "data.splits=[]"], "data.splits: list should have at least 1 item"),
        (["pretrain", *QUICK, "--strategy", "dpp"], "unknown strategy dpp; did you mean ddp?"),
        (
            ["pretrain", *QUICK, "teacher.accumulate=200"],
            "lower accumulate or the number of processes",
        ),
        (["run", "teacher=null", "student=null"], "neither teacher nor student"),
    ],
)
def test_faults_are_one_line_and_status_2(asdcfer, tmp_path, words, message):
    status, told, error = asdcfer(*words, "--out", tmp_path / "run")
    assert status == 2
    assert told == ""
    last = error.strip().splitlines()[-1]
    assert last.startswith("asdcfer: ")
    assert message in last
    assert "Traceback" not in error


@pytest.mark.slow
def test_run_ends_in_a_table_and_a_report_and_resumes_for_nothing(asdcfer, tmp_path):
    out = tmp_path / "run"
    status, told, error = asdcfer("run", "--out", out, *QUICK)
    assert status == 0, error
    assert f"report: {out / 'report.html'}" in told.replace("\n", "")
    assert "teacher" in told
    stages = json.loads((out / "run.json").read_text())["stages"]
    assert all(stages[name]["health"]["verdict"] in told for name in ("teacher", "student"))
    assert "<dd>finished</dd>" in (out / "report.html").read_text(encoding="utf-8")
    probes = {path.name: path.read_bytes() for path in (out / "probes").glob("*.json")}
    assert {name.split("-")[0] for name in probes} == {"random", "teacher", "student"}
    assert {name.split("-")[1] for name in probes} == {"knn", "linear"}
    weights = (out / "student" / "encoder.safetensors").read_bytes()
    status, _, error = asdcfer("run", "--out", out, *QUICK, "--resume")
    assert status == 0, error
    assert {path.name: path.read_bytes() for path in (out / "probes").glob("*.json")} == probes, (
        "nothing is measured twice"
    )
    assert (out / "student" / "encoder.safetensors").read_bytes() == weights


@pytest.mark.slow
def test_run_on_unlabeled_faces_says_that_there_are_no_probes(asdcfer, tmp_path):
    pack = sample_pack()
    faces = [PackItem(np_image, f"face {i}") for i, np_image in enumerate(pack.images[:200])]
    path = write_pack(tmp_path / "faces", faces, expressions=[], source={"kind": "unlabeled"})
    assert not load_pack(path).labeled
    status, told, error = asdcfer(
        "run",
        "--data",
        path,
        "--out",
        tmp_path / "run",
        TEACHER,
        STUDENT,
        "teacher.epochs=1",
        "student.epochs=1",
    )
    assert status == 0, error
    assert "no probes:" in told
    assert not (tmp_path / "run" / "probes").exists()
    assert Path(tmp_path / "run" / "student" / "encoder.safetensors").is_file()
