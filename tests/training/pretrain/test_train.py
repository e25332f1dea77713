"""Training of a method: effective values, and the resolution of its views."""

import pytest
from torch import nn

from asdcfer.files import read_rows
from tests.training.standin import Told, faces, moco, stage, trained


@pytest.mark.slow
def test_the_effective_learning_rate_is_told_stored_and_what_the_optimizer_gets(tmp_path):
    told = Told()
    settings = stage(epochs=1, log_every=1, optimizer={"learning_rate": 0.32, "warmup_epochs": 0.5})
    result = trained(moco(), faces(), settings, folder=tmp_path, progress=told)
    assert result.effective["learning_rate"] == pytest.approx(0.01)
    assert "effective learning rate 0.01 (recipe: 0.32)" in told.messages[0]
    rates = [float(row["learning_rate"]) for row in read_rows(tmp_path / "metrics.csv")]
    assert max(rates) == pytest.approx(0.01)
    assert rates[0] == pytest.approx(0.0025)
    assert rates[-1] < 0.002


@pytest.mark.slow
def test_the_resolution_follows_its_plan(tmp_path):
    seen = []

    def watched(views):
        seen.append(views.crops[0].shape[-1])
        return plain(views)

    method = moco()
    plain, method.training_step = method.training_step, watched
    trained(
        method, faces(), stage(epochs=1, resolution=[[0.0, 16], [0.5, 24]]), seed=0, folder=tmp_path
    )
    assert seen == [16] * 4 + [24] * 4


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["32", "bf16"])
def test_the_gradient_is_clipped_in_every_precision(tmp_path, precision, monkeypatch):
    norms = []

    def clipped(parameters, most):
        norms.append((float(plain(parameters, most)), most))

    plain = nn.utils.clip_grad_norm_
    monkeypatch.setattr(nn.utils, "clip_grad_norm_", clipped)
    optimizer = {"name": "adamw", "learning_rate": 0.01, "clip_norm": 0.01}
    settings = stage(epochs=1, precision=precision, optimizer=optimizer)
    trained(moco(), faces(), settings, folder=tmp_path)
    assert len(norms) == 8
    assert {most for _, most in norms} == {0.01}
    assert min(norm for norm, _ in norms) > 0.01
