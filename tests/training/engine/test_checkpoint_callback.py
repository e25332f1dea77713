"""When checkpoints are written, and what Ctrl-C and a loss that is not finite leave."""

import os
import signal

import pytest

from asdcfer.errors import TrainingError
from asdcfer.training.engine.checkpoint import (
    SafetensorsCheckpointIO,
    checkpoint_path,
    checkpoints,
)
from asdcfer.training.engine.checkpoint_callback import CheckpointCallback, forget
from tests.training.standin import Simple, faces, stage, trained


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_the_run_and_names_step_and_checkpoint(tmp_path, value):
    def breaking(feature, step):
        return feature.square().mean() * (value if step == 5 else 1.0)

    with pytest.raises(TrainingError, match=r"step 5 .*last good checkpoint is .*step-00000003"):
        trained(Simple(breaking), faces(), stage(), seed=0, folder=tmp_path)
    assert [path.name for path in checkpoints(tmp_path / "checkpoint")] == ["step-00000003"]


def test_gradients_that_are_not_finite_never_reach_a_checkpoint(tmp_path):
    def poisoned(feature, step):
        # Finite itself; the square root's slope at zero is not.
        return (feature * 0).abs().sum().sqrt() if step == 3 else feature.square().mean()

    with pytest.raises(TrainingError, match="stopped being finite at step 3"):
        trained(Simple(poisoned), faces(), stage(), seed=0, folder=tmp_path)
    assert checkpoints(tmp_path / "checkpoint") == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_finish_the_step_and_leave_a_checkpoint_to_resume_from(tmp_path, number):
    def interrupting(feature, step):
        if step == 4:
            os.kill(os.getpid(), number)
        return feature.square().mean()

    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        trained(Simple(interrupting), faces(), stage(), seed=0, folder=tmp_path)
    assert signal.getsignal(number) is before
    assert [path.name for path in checkpoints(tmp_path / "checkpoint")][-1] == "step-00000004"
    result = trained(
        Simple(lambda feature, step: feature.square().mean()),
        faces(),
        stage(),
        seed=0,
        folder=tmp_path,
        resume=True,
    )
    assert result.metrics["step"] == 24


def test_forgetting_removes_every_checkpoint_and_nothing_else(tmp_path):
    for step in (3, 6):
        SafetensorsCheckpointIO().save_checkpoint({"step": step}, checkpoint_path(tmp_path, step))
    (tmp_path / "metrics.csv").touch()
    forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.csv"]
    forget(tmp_path / "nowhere")


def test_a_message_names_the_last_good_checkpoint(tmp_path):
    callback = CheckpointCallback(tmp_path, every=3, epochs=1)
    assert callback.last_good() == "no checkpoint had been written yet"
    SafetensorsCheckpointIO().save_checkpoint({}, checkpoint_path(tmp_path, 6))
    assert callback.last_good() == f"the last good checkpoint is {checkpoint_path(tmp_path, 6)}"
