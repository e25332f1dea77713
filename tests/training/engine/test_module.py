"""Where a training stands: steps of several batches, means of the log, checkpoints."""

import pytest
import torch

from asdcfer.errors import TrainingError
from asdcfer.methods.method import StepResult
from asdcfer.training.pretrain.module import PretrainModule, plan_for
from tests.training.standin import Simple, faces, moco, stage, trained


@pytest.mark.slow
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


def module(**changes) -> PretrainModule:
    settings = stage(**changes)
    return PretrainModule(moco(), faces(), settings, plan_for(settings, 64), seed=3)


def test_steps_and_epochs_are_counted_over_accumulated_batches():
    one = module(accumulate=2)
    found = []
    for one.batches in range(18):
        found.append((one.step, one.between_steps, one.epoch))
    assert found[:4] == [(0, True, 0), (0, False, 0), (1, True, 0), (1, False, 0)]
    assert found[7:10] == [(3, False, 0), (4, True, 1), (4, False, 1)]
    assert one.images_seen(3) == 48


def test_the_log_gets_means_since_the_last_row():
    one = module()
    one.batch_loss = lambda batch: StepResult(batch, {"part": 2 * batch})
    for loss in (1.0, 3.0):
        one.training_step(torch.tensor(loss), 0)
    assert one.means() == {"loss": 2.0, "part": 4.0}
    one.training_step(torch.tensor(5.0), 0)
    assert one.means() == {"loss": 5.0, "part": 10.0}


def test_learning_rates_are_those_of_the_step_alone():
    one = module()
    peak = one.plan.learning_rate
    one.batches = one.plan.warmup_steps
    assert one.scheduled(peak) == pytest.approx(peak)
    one.batches = one.plan.total_steps - 1
    assert one.scheduled(peak) < 0.1 * peak


def test_weights_that_are_not_finite_are_seen():
    one = module()
    assert one.weights_are_finite()
    next(one.parameters()).data[0] = torch.nan
    assert not one.weights_are_finite()


def test_a_checkpoint_of_other_networks_is_one_line():
    one = module()
    state = one.state_dict()
    name = next(iter(state))
    with pytest.raises(TrainingError, match=r"another teacher or other networks \(.*force=True"):
        one.load_state_dict({key: value for key, value in state.items() if key != name})
