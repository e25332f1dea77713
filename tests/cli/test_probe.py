"""`asdcfer probe` as a user types it."""

import json

import pytest

from tests.cli.command import asdcfer


@pytest.mark.slow
def test_results_are_printed_and_written(toy_run, tmp_path) -> None:
    words = ("probe", toy_run / "run", "--data", toy_run / "pack", "--out", tmp_path)
    done = asdcfer(*words, "--json")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert {result["kind"] for result in results} == {"knn", "linear"}
    assert results[0]["recipe"] == "toy"
    assert len(list(tmp_path.glob("*.json"))) == len(results)
    table = asdcfer(*words, "--kinds", "knn", "--pooling", "grid", "--pooling-option", "cells=2")
    assert "knn, grid" in table.stdout
    assert f"written to {tmp_path}" in table.stdout.replace("\n", "")


@pytest.mark.slow
def test_shares_are_percents_and_draws_are_counted(toy_run) -> None:
    done = asdcfer(
        *("probe", toy_run / "run", "--data", toy_run / "pack", "--kinds", "few_labels", "--json"),
        *("--shares", "50", "--labels-per-class", "4", "--draws", "2"),
    )
    used = [result["labels_used"] for result in json.loads(done.stdout)]
    assert {(one["share"], one["per_class"]) for one in used} == {(0.5, None), (None, 4)}
    assert {one["draw"] for one in used} == {0, 1}


@pytest.mark.slow
def test_answers_for_another_mix_lie_beside_the_plain_ones(toy_run, tmp_path) -> None:
    words = ("probe", toy_run / "run", "--data", toy_run / "pack", "--out", tmp_path, "--shares=")
    words = (*words, "--kinds", "few_labels", "--labels-per-class", "4")
    plain, moved = asdcfer(*words), asdcfer(*words, "--prior", "estimated")
    assert (plain.returncode, moved.returncode) == (0, 0), moved.stderr
    assert "prior estimated" in moved.stdout
    assert "prior estimated" not in plain.stdout
    files = {file.name for file in tmp_path.glob("*.json")}
    assert len(files) == 2 * len({name.replace("-prior-estimated", "") for name in files})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["RUN", "--data", "UNLABELED"], "has no labels"),
        (["RUN", "--data", "NOWHERE"], "nothing at"),
        (["NOWHERE", "--data", "PACK"], "no weights"),
        (["RUN", "--data", "PACK", "--kinds", "forest"], "no probe 'forest'"),
        (["RUN", "--data", "PACK", "--tta", "twice"], "--tta twice: expected none, features"),
        (["RUN", "--data", "PACK", "--scaling", "half"], "--scaling half: expected each, whole"),
        (["RUN", "--data", "PACK", "--prior", "even"], "--prior even: expected labeled or est"),
        (["RUN", "--data", "PACK", "--prior", "estimated"], "leave --prior estimated out"),
        (["RUN", "--data", "PACK", "--kinds", "knn", "--draws", "2"], "--draws is read by few_la"),
        (["RUN", "--data", "PACK", "--kinds", ""], "--kinds names no probe"),
        (["RUN", "--data", "PACK", "--labels-per-class", "1.5"], "whole numbers"),
        (["RUN", "--data", "PACK", "--shares", "120"], "up to 100 percent"),
        (["RUN", "--data", "PACK", "--shares", "ten"], "numbers with commas between"),
        (["RUN", "--data", "PACK", "--out", "CARD"], "is a file; a folder is wanted there"),
        (["RUN", "--data", "PACK", "--pooling-option", "cells"], "--pooling-option cells: expecte"),
    ],
)
def test_faults_are_one_line(toy_run, words, said) -> None:
    names = {
        "RUN": toy_run / "run",
        "PACK": toy_run / "pack",
        "UNLABELED": toy_run / "unlabeled",
        "NOWHERE": toy_run / "nowhere",
        "CARD": toy_run / "run" / "student" / "encoder.json",
    }
    assert said in asdcfer("probe", *(names.get(word, word) for word in words)).fault
