"""`asdcfer evaluate` as a user types it; what it says of a model's own card is in test_finetune."""

import json

import pytest
import torch

from asdcfer.models.weights import save_model
from tests.cli.command import asdcfer
from tests.evaluation.standin import toy_model
from tests.evaluation.test_subgroups import grouped_pack

ALONG = ("--axes", "robustness", "--axis-images", "6")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("model") / "model", toy_model(), {})


def test_a_model_without_a_number_in_its_card_is_measured_all_the_same(toy_run, model) -> None:
    done = asdcfer("evaluate", model, "--data", toy_run / "pack")
    assert done.returncode == 0, done.stderr
    assert "the card states no number for these images" in done.stdout


@pytest.mark.slow
def test_json_holds_the_results_and_those_of_the_axes(toy_run, model) -> None:
    done = asdcfer(
        *("evaluate", model, "--data", toy_run / "pack", "--split", "train", "--json"),
        *ALONG,
    )
    results = json.loads(done.stdout)
    assert [result["kind"] for result in results] == ["evaluate", "robustness"]
    assert [result["evaluated_on"] for result in results] == ["train", "train"]
    assert results[1]["images"] == 6


@pytest.mark.slow
def test_curves_are_printed(toy_run, model) -> None:
    done = asdcfer("evaluate", model, "--data", toy_run / "pack", *ALONG)
    assert done.returncode == 0, done.stderr
    assert "robustness: accuracy" in done.stdout
    assert "rotation (degrees)" in done.stdout


def test_faces_of_another_set_are_measured_under_the_expressions_in_common(toy_run, model) -> None:
    done = asdcfer("evaluate", model, "--data", toy_run / "pack", "--axes", "transfer")
    assert done.returncode == 0, done.stderr
    assert "its answers limited to the expressions in common" in done.stdout


def test_groups_are_printed(tmp_path, model) -> None:
    grouped_pack(tmp_path / "grouped")
    done = asdcfer("evaluate", model, "--data", tmp_path / "grouped", "--axes", "subgroups")
    assert done.returncode == 0, done.stderr
    assert "subgroups: accuracy, private, 24 images" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ENCODER", "--data", "PACK"], "without a classifier"),
        (["ENCODER", "--data", "PACK", "--device", "cuda"], "use --device cpu"),
        (["MODEL", "--data", "UNLABELED"], "has no labels"),
        (["MODEL", "--data", "PACK", "--split", "nope"], "no split 'nope'"),
        (["MODEL", "--data", "PACK", "--axes", "subgroups"], "which group an image belongs to"),
        (["MODEL", "--data", "PACK", "--axes", "fog"], "no axis 'fog'; there are robustness"),
    ],
)
def test_faults_are_one_line(toy_run, model, words, said, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    names = {
        "MODEL": model,
        "ENCODER": toy_run / "run" / "student" / "encoder",
        "PACK": toy_run / "pack",
        "UNLABELED": toy_run / "unlabeled",
    }
    assert said in asdcfer("evaluate", *(names.get(word, word) for word in words)).fault
