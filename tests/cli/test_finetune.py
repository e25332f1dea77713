"""`asdcfer finetune`, and `evaluate` and `report` on what it leaves."""

import json

import pytest
import torch

from asdcfer.training.finetune.options import FinetuneOptions
from tests.cli.command import asdcfer

QUICK = ("epochs=2", "batch_size=16", "precision=32")


@pytest.mark.slow
def test_a_model_is_tuned_measured_and_drawn(toy_run, tmp_path) -> None:
    data = ("--data", toy_run / "pack")
    words = ("finetune", toy_run / "run", *QUICK, *data, "--out", tmp_path / "finetune")
    tuned = asdcfer(*words)
    assert tuned.returncode == 0, tuned.stderr
    assert "finetune" in tuned.stdout
    assert "epoch 2/2" in tuned.stderr
    assert "learning_rate=0.05, " in tuned.stderr.replace("\n", " ")
    assert "auto" not in tuned.stderr
    assert "use --resume, --force, or another --out" in asdcfer(*words).fault

    for model in ("finetune", ".", "finetune/model.safetensors"):
        measured = asdcfer("evaluate", tmp_path / model, *data)
        assert measured.returncode == 0, measured.stderr
        assert measured.stdout.count("the same") == 2
        assert "NOT" not in measured.stdout
    card = json.loads((tmp_path / "finetune" / "model.json").read_text())
    for tta in ("--tta", "--no-tta"):
        done = asdcfer("evaluate", tmp_path, tta, *data, "--out", tmp_path / "measured")
        assert done.returncode == 0, done.stderr
    other = "-no-tta" if card["tta"] else "-tta"
    assert {file.stem for file in (tmp_path / "measured").iterdir()} == {
        f"evaluate-grid-{on}{way}" for on in ("private", "union") for way in ("", other)
    }
    drawn = asdcfer("report", tmp_path)
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "report.html").read_text().count("<img") >= 3


def test_options_come_from_a_model_from_words_and_from_flags(toy_run, monkeypatch) -> None:
    given = []

    def finetune(encoder, data, out, options, settings, **rest):
        given.append((options, settings))
        raise KeyboardInterrupt

    monkeypatch.setattr("asdcfer.api.finetune", finetune, raising=False)
    done = asdcfer(
        *("finetune", toy_run / "run", "epochs=7", "optimizer=adamw", "--like", "default"),
        *(
            "--tta",
            "--labels-per-class",
            "5",
            "--unlabeled",
            "--resolution",
            "[[0, 32], [0.5, 48]]",
        ),
        *("--teacher", "a", "--teacher", "b", "--float16"),
    )
    assert done.returncode == 130
    ((options, settings),) = given
    chosen = FinetuneOptions(**options)
    assert (chosen.epochs, chosen.optimizer, chosen.tta) == (7, "adamw", True)
    assert (chosen.labels_per_class, chosen.unlabeled) == (5, True)
    assert chosen.resolution == [(0.0, 32), (0.5, 48)]
    assert set(options) > {"mixup", "ema"}, "those of the card"
    assert settings.teachers == ["a", "b"]
    assert settings.float16


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["RUN", "epoch=3"], "did you mean epochs?"),
        (["RUN", "epochs"], "expected NAME=VALUE"),
        (["RUN", "--device", "cuda"], "use --device cpu"),
        (["RUN", "--device", "gpu"], "did you mean cuda?"),
        (["ENCODER", "classifier_start=own"], "without a classifier"),
        (["RUN", "--like", "resnet18"], "names no options of fine-tuning"),
    ],
)
def test_faults_are_one_line(toy_run, tmp_path, words, said, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    names = {"RUN": toy_run / "run", "ENCODER": toy_run / "run" / "student" / "encoder"}
    given = (names.get(word, word) for word in words)
    out = tmp_path / "out"
    assert said in asdcfer("finetune", *given, "--data", toy_run / "pack", "--out", out).fault
    assert not out.exists()
