"""The trainer on tiny jobs: health, errors, logs, precision, averages, interruption."""

import math
import os
import signal

import pytest
import torch
from torch import nn

from asdcfer.augmentation.views import Views
from asdcfer.errors import DataError, TrainingError
from asdcfer.files import read_rows
from asdcfer.methods.method import Method, StepResult
from asdcfer.models.registry import build_encoder
from asdcfer.training.engine.checkpoint import checkpoints
from asdcfer.training.engine.metrics_log import COLUMNS, HEALTH_COLUMNS
from tests.training.standin import SPEC, Told, faces, moco, stage, trained


class Simple(Method):
    """A method of one encoder and a loss of its feature."""

    def __init__(self, loss) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network, self.head, self.loss, self.steps = build_encoder(SPEC), nn.Identity(), loss, 0

    @property
    def encoder(self):
        return self.network

    @property
    def projector(self):
        return self.head

    def training_step(self, views: Views) -> StepResult:
        self.steps += 1
        return StepResult(self.loss(self.network(views.crops[0]), self.steps))


def test_a_collapsed_run_says_so(tmp_path):
    def to_a_point(feature, step):
        return (feature - 1).square().mean()

    settings = stage(
        epochs=24,
        optimizer={
            "name": "adamw",
            "learning_rate": 0.03,
            "per_images": None,
            "warmup_epochs": 0,
            "weight_decay": 0.0,
        },
    )
    told = Told()
    result = trained(Simple(to_a_point), faces(), settings, folder=tmp_path, progress=told)
    assert result.health.verdict == "collapsed"
    assert "every face gets the same feature" in " ".join(result.health.reasons)
    assert "collapsed" in told.messages[-1]


def test_a_working_run_is_healthy_and_logs_every_column(tmp_path):
    # Views so alike that 24 steps are enough to tell faces apart.
    views = {
        "size": 16,
        "warp_negatives": 1,
        "crop_area": (0.9, 1.0),
        "hflip": 0,
        "brightness": 0.1,
        "contrast": 0.1,
        "blur": 0,
        "rotate": 0,
        "erase": 0,
    }
    settings = stage(views=views, optimizer={"learning_rate": 0.6, "warmup_epochs": 0.5})
    result = trained(
        moco(momentum_start=0.5, momentum_end=0.9), faces(), settings, seed=0, folder=tmp_path
    )
    assert result.health.loss < 0.7 * result.health.chance
    assert result.health.verdict == "healthy", result.health.reasons
    assert result.health.chance == pytest.approx(math.log(1 + 24 + 1))
    rows = read_rows(tmp_path / "metrics.csv")
    assert list(rows[0])[: len(COLUMNS)] == COLUMNS
    assert list(rows[0])[-len(HEALTH_COLUMNS) :] == HEALTH_COLUMNS
    assert [row["step"] for row in rows] == [
        str(step) for step in (3, 6, 8, 9, 12, 15, 16, 18, 21, 24)
    ]
    assert [bool(row["feature_spread"]) for row in rows] == [
        row["step"] in ("8", "16", "24") for row in rows
    ]
    assert all(
        math.isfinite(float(row[name]))
        for row in rows
        for name in ("loss", "contrastive", "images_per_second", "positive_similarity")
    )
    assert [path.name for path in checkpoints(tmp_path / "checkpoint")] == [
        "step-00000021",
        "step-00000024",
    ]


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


def test_fewer_images_than_a_step_takes_is_one_clear_error(tmp_path):
    with pytest.raises(
        DataError, match=r"5 images do not fill one step of 8 \(8\); lower batch_size to at most 5"
    ):
        trained(moco(), faces(5), stage(), seed=0, folder=tmp_path)


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


def test_accumulated_batches_equal_one_large_batch(tmp_path):
    class Batchless(Simple):
        """Without batch statistics, two half batches are one whole batch."""

        def __init__(self) -> None:
            super().__init__(lambda feature, step: feature.square().mean())
            self.network.eval()

        def train(self, mode: bool = True):
            return super().train(False)

    plain = {
        "size": 16,
        "views": 1,
        "crop_area": [1.0, 1.0],
        "aspect": [1.0, 1.0],
        "hflip": 0,
        "rotate": 0,
        "brightness": 0,
        "contrast": 0,
        "blur": 0,
    }
    sgd = {"learning_rate": 0.1, "warmup_epochs": 0.5}
    whole = trained(
        Batchless(),
        faces(),
        stage(batch_size=16, views=plain, optimizer=sgd, epochs=1),
        seed=3,
        folder=tmp_path / "a",
    )
    halves = trained(
        Batchless(),
        faces(),
        stage(batch_size=8, accumulate=2, views=plain, optimizer=sgd, epochs=1),
        seed=3,
        folder=tmp_path / "b",
    )
    assert (
        whole.effective["learning_rate"]
        == halves.effective["learning_rate"]
        == pytest.approx(0.1 * 16 / 256)
    )
    for (name, one), other in zip(
        whole.encoder.state_dict().items(), halves.encoder.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6, msg=name)


def test_the_exported_average_lags_behind_the_weights(tmp_path):
    method = moco()
    result = trained(method, faces(), stage(weight_average=0.99), seed=0, folder=tmp_path)
    weights = dict(method.encoder.named_parameters())
    assert result.encoder is not method.encoder
    assert any(
        not torch.equal(value.detach(), weights[name].detach())
        for name, value in result.encoder.named_parameters()
    )


def test_tensorboard_events_are_written_where_asked_for(tmp_path):
    pytest.importorskip("tensorboard")
    from asdcfer.training.engine.hardware import Hardware

    trained(
        moco(),
        faces(),
        stage(epochs=1),
        seed=0,
        folder=tmp_path,
        hardware=Hardware(tensorboard=True),
    )
    assert list((tmp_path / "tensorboard").glob("events.*"))


def test_a_clusters_tasks_are_no_matter_of_a_run_of_one_process(tmp_path, monkeypatch):
    tasks = {"JOB_ID": "7", "NTASKS": "4", "PROCID": "1", "LOCALID": "1", "JOB_NAME": "train"}
    for name, value in tasks.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    trained(moco(), faces(), stage(epochs=1), folder=tmp_path)
    assert read_rows(tmp_path / "metrics.csv")
