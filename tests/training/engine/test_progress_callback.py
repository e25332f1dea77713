"""What a training reports: every step, and an epoch once it is saved."""

from types import SimpleNamespace

from asdcfer.training.engine.plan import Plan
from asdcfer.training.engine.progress_callback import ProgressCallback
from tests.training.standin import Told


def test_steps_and_the_line_of_an_epoch_are_reported() -> None:
    told = Told()
    log = SimpleNamespace(last={"loss": 1.25, "knn_online": 0.5})
    module = SimpleNamespace(
        plan=Plan(16, 8, 2, 4, 0, 0.1, 1),
        step=1,
        epoch=0,
        between_steps=True,
        images_seen=lambda step: 8 * step,
        epoch_summary=lambda row: f"loss {row['loss']}",
    )
    callback, trainer = ProgressCallback("teacher", log, told), SimpleNamespace(is_global_zero=True)
    callback.on_train_start(trainer, module)
    module.step, module.epoch = 2, 1
    callback.on_train_batch_end(trainer, module, None, None, 0)
    module.between_steps = False
    callback.on_train_batch_end(trainer, module, None, None, 0)
    assert told.steps == [("teacher", 1, 4), ("teacher", 2, 4)]
    assert told.messages == ["loss 1.25"]
