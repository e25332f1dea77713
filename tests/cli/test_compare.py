"""`asdcfer compare` as a user types it."""

import csv
import json

import pytest

from asdcfer.methods.registry import METHODS
from tests.api.comparison.standin import FAILING
from tests.cli.command import asdcfer

TINY = (
    *(
        "--steps",
        "3",
        "--batch-size",
        "20",
        "--encoder",
        "mobile",
        "--encoder-option",
        "width=0.25",
    ),
    *(
        "--view-option",
        "size=32",
        "--shots",
        "2",
        "--trials",
        "2",
        "--shares",
        "50",
        "--draws",
        "1",
    ),
    *("--robustness-images", "6", "--device", "cpu"),
)
OWN = """
import torch
from asdcfer.models.encoder import Encoder

class Mine(Encoder):
    def __init__(self, channels=1):
        super().__init__()
        self.map_channels = [8]
        self.layer = torch.nn.Conv2d(channels, 8, 3, 4, 1)

    def forward_maps(self, x):
        return [self.layer(x)]
"""


@pytest.mark.slow
def test_methods_are_compared_in_one_table(toy_run, tmp_path) -> None:
    out = tmp_path / "out"
    words = ("compare", "moco", toy_run / "run", "--data", toy_run / "pack", "--out", out, *TINY)
    done = asdcfer(*words, "--references", "random")
    assert done.returncode == 0, done.stderr
    assert "Best linear probe: moco" in done.stdout
    assert f"page: {out / 'comparison.html'}" in done.stdout
    assert "row 1 of 3: moco, seed 0" in done.stderr
    with open(out / "table.csv", encoding="utf-8", newline="") as file:
        table = {row["method"]: row for row in csv.DictReader(file)}
    assert set(table) == {"moco", str(toy_run / "run"), "random"}
    assert float(table["moco"]["robustness"]) >= 0
    again = asdcfer(*words, "--references", "random", "--json")
    tree = json.loads(again.stdout)
    assert tree["rows"][0]["name"] == "moco"
    assert "row 1" not in again.stderr


@pytest.mark.slow
def test_an_own_encoder_of_the_working_folder_is_trained(toy_run, tmp_path) -> None:
    (tmp_path / "my_net_of_test.py").write_text(OWN)
    given = list(TINY)
    given[4:8] = ["--encoder", "my_net_of_test:Mine"]
    done = asdcfer(
        *("compare", "moco", "--data", toy_run / "pack", "--out", "out", *given),
        *("--references", ""),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "my_net_of_test:Mine" in (tmp_path / "out" / "table.md").read_text(encoding="utf-8")


def test_a_comparison_in_which_every_method_failed_says_so(toy_run, tmp_path) -> None:
    done = asdcfer(
        *("compare", FAILING, "--data", toy_run / "pack", "--out", tmp_path, *TINY),
        *("--references", ""),
    )
    METHODS.pop(FAILING)
    assert done.returncode == 1
    assert "seed 0 failed: ZeroDivisionError: my loss is broken" in done.stdout
    assert (tmp_path / "comparison.html").is_file()


def test_faces_too_few_for_a_step_are_told_before_anything_is_trained(toy_run, tmp_path) -> None:
    done = asdcfer(
        *("compare", "moco", "--data", toy_run / "pack", "--out", tmp_path, *TINY),
        *("--images", "10", "--references", ""),
    )
    assert "10 images do not fill one step of 20" in done.fault


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["moko"], "there is no method, recipe or encoder 'moko'; did you mean moco?"),
        (["moco", "--budget", "1h", "--steps", "3"], "--budget and --steps are two budgets"),
        (["moco", "--seeds", "0,0"], "--seeds 0,0: expected different numbers"),
        (["moco", "--seeds", "a"], "--seeds a: expected numbers"),
        (["moco", "--data", "/nowhere"], "there is nothing at '/nowhere'"),
        (["moco", "--encoder", "resnet81"], "resnet81"),
        (["moco", "--view-option", "rotate"], "--view-option rotate: expected NAME=VALUE"),
        (["lost:Method"], "cannot import lost"),
    ],
)
def test_faults_are_one_line(tmp_path, words, said) -> None:
    assert said in asdcfer("compare", *words, "--out", tmp_path / "out", "--device", "cpu").fault


def test_help_shows_examples() -> None:
    done = asdcfer("compare", "--help")
    assert done.returncode == 0
    assert "asdcfer compare moco asdc --steps" in done.stdout
    assert {"moco", "asdc"} <= METHODS.keys()
