"""run.json: written whole after each change, continued by the next part of the run."""

import json
import re

import pytest

from asdcfer.training import run_record
from asdcfer.training.run_record import (
    PACKAGES,
    RunRecord,
    hardware,
    now,
    peak_memory_mb,
    read_record,
    versions,
)


def test_a_record_says_what_was_run_where_on_what_and_how_it_ended(tmp_path):
    record = RunRecord(tmp_path / "run.json", recipe="sample", seed=3, data={"images": 9})
    before = read_record(record.path)
    assert (before["status"], before["recipe"], before["seed"]) == ("running", "sample", 3)
    assert before["data"] == {"images": 9}
    assert before["versions"]["torch"] == versions()["torch"]
    record.stage("teacher", seconds=1.5)
    record.stage("teacher", health={"verdict": "healthy"})
    assert read_record(record.path)["stages"] == {
        "teacher": {"seconds": 1.5, "health": {"verdict": "healthy"}}
    }
    record.finish("failed", error="a full disk")
    after = read_record(record.path)
    assert (after["status"], after["error"]) == ("failed", "a full disk")
    assert after["seconds"] >= 0
    assert after["peak_memory_mb"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        (["/usr/bin/asdcfer", "run", "seed=1"], "asdcfer run seed=1"),
        (["/lib/asdcfer/__main__.py", "run"], "asdcfer run"),
        (["benchmarks/ablation.py", "--data", "sample"], "ablation.py --data sample"),
        ([""], "python"),
    ],
)
def test_the_command_is_what_was_typed(tmp_path, monkeypatch, typed, command):
    monkeypatch.setattr("sys.argv", typed)
    assert RunRecord(tmp_path / "run.json").values["command"] == command


def test_a_resumed_run_keeps_its_stages_its_start_and_its_seconds(tmp_path):
    path = tmp_path / "run.json"
    first = RunRecord(path)
    first.stage("teacher", seconds=1.5)
    values = json.loads(path.read_text()) | {"seconds": 100.0, "started": "2020-01-01T00:00:00Z"}
    path.write_text(json.dumps(values))
    again = RunRecord(path)
    assert again.values["stages"] == {"teacher": {"seconds": 1.5}}
    assert again.values["started"] == "2020-01-01T00:00:00Z"
    assert len(again.values["resumed"]) == 1
    assert again.values["seconds"] >= 100
    assert len(RunRecord(path).values["resumed"]) == 2


def test_other_processes_write_no_record(tmp_path, monkeypatch):
    monkeypatch.setattr(run_record, "is_first_process", lambda: False)
    RunRecord(tmp_path / "run.json").finish("finished")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_read_is_an_empty_record(tmp_path):
    assert read_record(tmp_path / "none.json") == {}
    for text in ("{", "[1]"):
        (tmp_path / "run.json").write_text(text)
        assert read_record(tmp_path / "run.json") == {}


def test_facts_of_the_machine():
    assert set(versions()) <= {"python", *PACKAGES}
    assert {"system", "cpu", "cores", "threads", "gpus"} == set(hardware())
    assert peak_memory_mb() > 10
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", now())


def test_what_is_said_of_a_stage_that_is_replaced_is_forgotten(tmp_path):
    path = tmp_path / "run.json"
    first = RunRecord(path)
    first.stage("teacher", budget={"epochs": 3}, seconds=5)
    first.stage("student", seconds=7)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"seconds": 100.0}))
    again = RunRecord(path, replaced=["teacher"])
    again.stage("teacher", seconds=6)
    values = read_record(path)
    assert values["stages"] == {"teacher": {"seconds": 6}, "student": {"seconds": 7}}
    assert values["seconds"] >= 100
    assert len(values["resumed"]) == 1
    whole = RunRecord(path, replaced=["teacher", "student"])
    assert whole.values["stages"] == {}
    assert whole.values["seconds"] < 50
    assert "resumed" not in whole.values
