"""Fine-tuning on the engine: interrupted in the middle of an epoch, in two processes."""

import os
import signal
import subprocess
import sys

import pytest
import torch

from asdcfer.errors import RecipeError
from asdcfer.training.engine.checkpoint import checkpoints
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.finetune.finetune import finetune
from asdcfer.training.finetune.objectives import SupervisedObjective
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.training.finetune.semi_supervised import SemiSupervisedObjective
from tests.evaluation.standin import toy_encoder
from tests.training.standin import (
    finetuned,
    model_tensors,
)
from tests.training.test_resume import ROOT

QUICK = {"batch_size": 20, "epochs": 2, "precision": "32", "ema": 0.5, "cutmix": 1.0}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("objective", "extra"),
    [
        (SupervisedObjective, {}),
        (SemiSupervisedObjective, {"batch_size": 6, "unlabeled": True, "labels_per_class": 4}),
    ],
)
def test_interrupted_within_an_epoch_and_resumed_gives_the_same_weights(
    pack, tmp_path, monkeypatch, objective, extra
) -> None:
    options = FinetuneOptions(**{**QUICK, **extra})
    finetuned(toy_encoder(), pack, tmp_path / "whole", options)
    usual = objective.loss

    def interrupting(self, step, side):
        if (self.epoch, step) == (1, 1):
            os.kill(os.getpid(), signal.SIGINT)
        return usual(self, step, side)

    monkeypatch.setattr(objective, "loss", interrupting)
    with pytest.raises(KeyboardInterrupt):
        finetuned(toy_encoder(), pack, tmp_path / "parts", options)
    monkeypatch.undo()
    newest = checkpoints(tmp_path / "parts" / "checkpoint")[-1]
    whole = checkpoints(tmp_path / "whole" / "checkpoint")[-1]
    assert int(newest.name[5:]) == int(whole.name[5:]) // 2 + 2
    torch.manual_seed(123)
    finetuned(toy_encoder(), pack, tmp_path / "parts", options, resume=True)
    one, two = model_tensors(tmp_path / "whole"), model_tensors(tmp_path / "parts")
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_unlabeled_images_are_learnt_from_in_one_process_only(pack, tmp_path) -> None:
    place = Workplace(tmp_path / "out", hardware=Hardware("cpu", devices=2))
    options = FinetuneOptions(**QUICK, unlabeled=True, labels_per_class=4)
    with pytest.raises(RecipeError, match="in one process; use one device"):
        finetune(toy_encoder(), pack, place, options)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_two_processes_end_with_the_same_weights(tmp_path) -> None:
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    environment.pop("LOCAL_RANK", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.standin", str(tmp_path), "--finetune"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "model.safetensors").is_file()
    assert (tmp_path / "out" / "metrics.csv").read_text().count("\n") == 3
    first, second = (
        torch.frombuffer(bytearray((tmp_path / f"process-{n}.bin").read_bytes()), dtype=torch.uint8)
        for n in range(2)
    )
    assert torch.equal(first, second)
