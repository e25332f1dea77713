"""Processes and devices of a training."""

import pytest

from asdcfer.errors import RecipeError
from asdcfer.progress import SILENT
from asdcfer.training.engine.hardware import (
    Hardware,
    check_strategy,
    first_only,
    is_first_process,
    settle,
)
from tests.training.standin import Told


def test_a_process_knows_its_number_and_its_device(monkeypatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("NODE_RANK", "2")
    hardware = Hardware("cuda", devices=4, nodes=3)
    assert (hardware.processes, hardware.process) == (12, 9)
    assert hardware.own_device("cuda") == "cuda:1"
    assert hardware.own_device("cpu") == "cpu"
    assert Hardware("cuda").own_device("cuda") == "cuda"


@pytest.mark.parametrize("name", ["LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"])
def test_only_the_first_process_is_heard(monkeypatch, name) -> None:
    for each in ("LOCAL_RANK", "NODE_RANK", "SLURM_PROCID"):
        monkeypatch.delenv(each, raising=False)
    settle(Hardware(devices=2))
    told = Told()
    assert is_first_process()
    assert first_only(told) is told
    monkeypatch.setenv(name, "1")
    assert not is_first_process()
    assert first_only(told) is SILENT


def test_each_task_of_a_cluster_may_be_a_run_of_its_own(monkeypatch) -> None:
    for each in ("LOCAL_RANK", "NODE_RANK"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv("SLURM_PROCID", "1")
    settle(Hardware())
    assert is_first_process()
    settle(Hardware(nodes=2))
    assert not is_first_process()


def test_an_unknown_strategy_is_refused_with_the_nearest() -> None:
    check_strategy("auto")
    with pytest.raises(RecipeError, match=r"unknown strategy dpd; did you mean ddp"):
        check_strategy("dpd")
