import json
import subprocess
import sys

import pytest

from asdcfer.models.weights import save_encoder
from tests.evaluation.standin import toy_encoder, toy_pack


def asdcfer(*words: object, cache=None) -> subprocess.CompletedProcess:
    import os

    environment = {**os.environ, "ASDCFER_CACHE": str(cache)} if cache else None
    return subprocess.run(
        [sys.executable, "-m", "asdcfer", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verbs")
    toy_pack(folder / "pack")
    toy_pack(folder / "unlabeled", labeled=False)
    save_encoder(
        folder / "run" / "student" / "encoder",
        toy_encoder(),
        {"recipe": "toy", "section": "student"},
    )
    return folder


@pytest.mark.slow
def test_probe_finetune_evaluate_report(place) -> None:
    cache = place / "cache"
    probed = asdcfer(
        "probe",
        place / "run",
        "--data",
        place / "pack",
        "--out",
        place / "run/probes",
        "--json",
        cache=cache,
    )
    assert probed.returncode == 0, probed.stderr
    results = json.loads(probed.stdout)
    assert {r["kind"] for r in results} == {"knn", "linear"}
    assert results[0]["recipe"] == "toy"
    assert len(list((place / "run/probes").iterdir())) == len(results)

    words = [
        "finetune",
        place / "run",
        "epochs=2",
        "batch_size=16",
        "precision=32",
        "--data",
        place / "pack",
        "--out",
        place / "run/finetune",
    ]
    tuned = asdcfer(*words, cache=cache)
    assert tuned.returncode == 0, tuned.stderr
    assert "finetune" in tuned.stdout
    assert "epoch 2/2" in tuned.stderr
    assert "learning_rate=0.05, " in tuned.stderr.replace("\n", " ")
    assert "auto" not in tuned.stderr
    again = asdcfer(*words, cache=cache)
    assert again.returncode == 2
    assert "--resume, --force" in again.stderr

    for words in (place / "run/finetune", place / "run", place / "run/finetune/model.safetensors"):
        measured = asdcfer("evaluate", words, "--data", place / "pack", cache=cache)
        assert measured.returncode == 0, measured.stderr
        assert measured.stdout.count("the same") == 2
        assert "NOT" not in measured.stdout
    card = json.loads((place / "run/finetune/model.json").read_text())
    for tta in ("--tta", "--no-tta"):
        assert (
            asdcfer(
                "evaluate",
                place / "run",
                tta,
                "--data",
                place / "pack",
                "--out",
                place / "measured",
                cache=cache,
            ).returncode
            == 0
        )
    other = "-no-tta" if card["tta"] else "-tta"
    assert {file.stem for file in (place / "measured").iterdir()} == {
        f"evaluate-grid-{on}{way}" for on in ("private", "union") for way in ("", other)
    }

    drawn = asdcfer("report", place / "run", cache=cache)
    assert drawn.returncode == 0, drawn.stderr
    assert (place / "run/report.html").read_text().count("<img") >= 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["probe", "RUN", "--data", "UNLABELED"], "has no labels"),
        (["probe", "RUN", "--data", "NOWHERE"], "nothing at"),
        (["probe", "NOWHERE", "--data", "PACK"], "no weights"),
        (["probe", "RUN", "--data", "PACK", "--kinds", "forest"], "no probe 'forest'"),
        (["probe", "RUN", "--data", "PACK", "--tta", "twice"], "--tta twice"),
        (["probe", "RUN", "--data", "PACK", "--kinds", ""], "--kinds names no probe"),
        (["probe", "RUN", "--data", "PACK", "--labels-per-class", "1.5"], "whole numbers"),
        (
            ["probe", "RUN", "--data", "PACK", "--out", "RUN/student/encoder.json"],
            "is a file; a folder is wanted there",
        ),
        (["report", "RUN", "--out", "RUN"], "is a folder; --out names the page"),
        (
            ["probe", "RUN", "--data", "PACK", "--pooling", "grid", "--pooling-option", "cells"],
            "NAME=VALUE",
        ),
        (["finetune", "RUN", "epoch=3", "--data", "PACK"], "did you mean epochs?"),
        (
            ["finetune", "RUN", "--data", "PACK", "--out", "NOWHERE", "--device", "cuda"],
            "use --device cpu",
        ),
        (
            [
                "finetune",
                "RUN/student/encoder",
                "--data",
                "PACK",
                "--out",
                "NOWHERE",
                "classifier_start=own",
            ],
            "without a classifier",
        ),
        (
            ["finetune", "RUN", "--data", "PACK", "--out", "NOWHERE", "--device", "gpu"],
            "choose auto, cpu or cuda",
        ),
        (
            ["evaluate", "RUN/student/encoder", "--data", "PACK", "--device", "cuda"],
            "use --device cpu",
        ),
        (["evaluate", "RUN/student/encoder", "--data", "PACK"], "without a classifier"),
        (["report", "NOWHERE"], "no run at"),
    ],
)
def test_faults_are_one_line(place, words, said, monkeypatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    names = {
        "RUN": place / "run",
        "PACK": place / "pack",
        "UNLABELED": place / "unlabeled",
        "NOWHERE": place / "nowhere",
    }
    given = []
    for word in words:
        first, slash, rest = word.partition("/")
        given.append(f"{names[first]}{slash}{rest}" if first in names else word)
    found = asdcfer(*given, cache=place / "cache")
    assert found.returncode == 2, found.stderr
    lines = [line for line in found.stderr.splitlines() if line.startswith("asdcfer: ")]
    assert len(lines) == 1
    assert said in lines[0]
    assert "Traceback" not in found.stderr
