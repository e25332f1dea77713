"""The trainer on tiny jobs: health, errors, logs, precision, averages, interruption."""

import math

import pytest
import torch

from asdcfer.errors import DataError
from asdcfer.files import read_rows
from asdcfer.training.engine.checkpoint import checkpoints
from asdcfer.training.engine.metrics_log import COLUMNS, HEALTH_COLUMNS
from tests.training.standin import Simple, Told, faces, moco, stage, trained


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_fewer_images_than_a_step_takes_is_one_clear_error(tmp_path):
    with pytest.raises(
        DataError, match=r"5 images do not fill one step of 8 \(8\); lower batch_size to at most 5"
    ):
        trained(moco(), faces(5), stage(), seed=0, folder=tmp_path)


@pytest.mark.slow
def test_the_exported_average_lags_behind_the_weights(tmp_path):
    method = moco()
    result = trained(method, faces(), stage(weight_average=0.99), seed=0, folder=tmp_path)
    weights = dict(method.encoder.named_parameters())
    assert result.encoder is not method.encoder
    assert any(
        not torch.equal(value.detach(), weights[name].detach())
        for name, value in result.encoder.named_parameters()
    )


@pytest.mark.slow
def test_a_clusters_tasks_are_no_matter_of_a_run_of_one_process(tmp_path, monkeypatch):
    tasks = {"JOB_ID": "7", "NTASKS": "4", "PROCID": "1", "LOCALID": "1", "JOB_NAME": "train"}
    for name, value in tasks.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    trained(moco(), faces(), stage(epochs=1), folder=tmp_path)
    assert read_rows(tmp_path / "metrics.csv")
