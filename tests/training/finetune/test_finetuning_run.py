"""A run of fine-tuning: killed and resumed, refused, and ended where its loss is not finite."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from asdcfer.data.splits import task_of
from asdcfer.errors import DataError, RecipeError, TrainingError
from asdcfer.methods.method import StepResult
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.training.engine.checkpoint import (
    SafetensorsCheckpointIO,
    checkpoints,
    last_checkpoint,
)
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.finetune.context import FinetuneContext
from asdcfer.training.finetune.finetuning_run import FinetuningRun
from asdcfer.training.finetune.objectives import SupervisedObjective
from asdcfer.training.finetune.options import FinetuneOptions
from tests.evaluation.standin import NAMES, toy_encoder, toy_pack
from tests.training.standin import (
    CPU,
    KilledError,
    Told,
    assert_resumes_to_the_same_weights,
    finetuned,
)

QUICK = {"batch_size": 20, "epochs": 3, "precision": "32", "ema": 0.5}


@pytest.mark.slow
@pytest.mark.parametrize(
    "extra",
    [{"optimizer": "adamw"}, {"resolution": [[0.0, 16], [0.5, 24]], "cutmix": 1.0}],
    ids=["adamw", "small first and cut"],
)
def test_killed_and_resumed_run_gives_the_same_weights(pack, tmp_path, extra) -> None:
    options = FinetuneOptions(**QUICK, **extra)
    assert_resumes_to_the_same_weights(toy_encoder, pack, tmp_path, options)


@pytest.mark.slow
def test_views_grow_along_the_run_and_measuring_is_at_full_size(
    pack, tmp_path, monkeypatch
) -> None:
    encoder, sides = toy_encoder(), []
    encoder.register_forward_pre_hook(
        lambda module, inputs: sides.append((module.training, inputs[0].shape[-1]))
    )
    finetuned(
        encoder,
        pack,
        tmp_path,
        FinetuneOptions(**{**QUICK, "epochs": 4}, resolution=[(0.0, 16), (0.25, 24), (0.75, 32)]),
    )
    assert [side for training, side in sides if training] == 3 * [16] + 6 * [24] + 3 * [32]
    assert {side for training, side in sides if not training} == {32}


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_state_holds_every_tensor_of_the_optimizer(pack, tmp_path, optimizer) -> None:
    options = FinetuneOptions(**{**QUICK, "epochs": 1, "optimizer": optimizer})
    # Pooled at the end, so that every parameter takes part.
    finetuned(toy_encoder(pooling="global"), pack, tmp_path, options)
    assert not list(tmp_path.glob("**/*.pt"))
    count = sum(
        1
        for _ in ExpressionModel(
            toy_encoder(pooling="global"),
            Classifier(toy_encoder(pooling="global").feature_dim, 3),
            NAMES,
        ).parameters()
    )
    stored = SafetensorsCheckpointIO().load_checkpoint(last_checkpoint(tmp_path / "checkpoint"))
    (state,) = stored["optimizer_states"]
    assert len(state["state"]) == count
    assert all("peak" in group for group in state["param_groups"])


@pytest.mark.slow
def test_state_of_other_options_is_refused(pack, tmp_path) -> None:
    finetuned(toy_encoder(), pack, tmp_path, FinetuneOptions(**{**QUICK, "epochs": 1}))
    with pytest.raises(TrainingError, match="of another run: epochs differ"):
        finetuned(toy_encoder(), pack, tmp_path, FinetuneOptions(**QUICK), resume=True)
    with pytest.raises(TrainingError, match="of another run: source differ"):
        finetuned(
            toy_encoder(seed=5),
            pack,
            tmp_path,
            FinetuneOptions(**{**QUICK, "epochs": 1}),
            resume=True,
        )


@pytest.mark.slow
def test_a_run_goes_on_under_the_labels_that_it_began_with_only(pack, tmp_path) -> None:
    options = FinetuneOptions(**{**QUICK, "epochs": 2})
    with pytest.raises(KilledError):
        finetuned(
            toy_encoder(), pack, tmp_path / "run", options, progress=Told(killed_at="epoch 2/")
        )
    task = task_of(pack)

    def go_on(labels: np.ndarray) -> None:
        changed = replace(task, labels=labels)
        finetuned(toy_encoder(), pack, tmp_path / "run", options, task=changed, resume=True)

    relabeled = task.labels.copy()
    relabeled[task.train[0]] = (relabeled[task.train[0]] + 1) % len(task.expressions)
    with pytest.raises(TrainingError, match="of another run: labels differ"):
        go_on(relabeled)
    tested = task.labels.copy()
    tested[task.test] = -1
    go_on(tested)


def test_loss_that_is_not_finite_ends_the_run(pack, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(
        SupervisedObjective,
        "loss",
        lambda *a: StepResult(torch.tensor(float("nan"), requires_grad=True)),
    )
    with pytest.raises(
        TrainingError, match=r"finite at step 1 in epoch 1 .*no checkpoint had been written yet"
    ):
        finetuned(toy_encoder(), pack, tmp_path, FinetuneOptions(**QUICK))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_loss_that_is_not_finite_later_ends_the_run_at_that_step_and_names_what_is_kept(
    pack, tmp_path, monkeypatch
) -> None:
    usual, steps = SupervisedObjective.loss, []

    def fails_in_the_second_epoch(self, step, side):
        steps.append(step)
        loss = usual(self, step, side).loss
        return StepResult(loss * float("inf") if (self.epoch, step) == (1, 1) else loss)

    monkeypatch.setattr(SupervisedObjective, "loss", fails_in_the_second_epoch)
    with pytest.raises(TrainingError) as caught:
        finetuned(toy_encoder(), pack, tmp_path, FinetuneOptions(**QUICK))
    kept = tmp_path / "checkpoint" / "step-00000003"
    assert "at step 5 in epoch 2" in str(caught.value)
    assert f"the last good checkpoint is {kept}" in str(caught.value)
    assert steps == [0, 1, 2, 0, 1]
    assert checkpoints(tmp_path / "checkpoint") == [kept]


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_written(
    pack, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RecipeError, match='use `device="cpu"`'):
        finetuned(toy_encoder(), pack, tmp_path / "out", FinetuneOptions(**QUICK), device="cuda")
    assert not (tmp_path / "out").exists()


def test_labels_that_were_not_drawn_cannot_be_read(pack, tmp_path) -> None:
    def run(**more):
        place = Workplace(tmp_path, hardware=CPU)
        options = FinetuneOptions(**QUICK, **more)
        return FinetuningRun(toy_encoder(), pack, place, options, FinetuneContext())

    few = run(labels_per_class=4, unlabeled=True)
    assert few.task.labels[few.task.train].tolist() == pack.labels[few.task.train].tolist()
    assert np.union1d(few.task.train, few.unlabeled).tolist() == pack.rows("train").tolist()
    assert set(few.task.labels[few.unlabeled]) == {-1}
    made, whole = few.made_from(), run().made_from()
    assert (made["labeled images"], made["unlabeled images"]) == ("12", "48")
    assert (whole["labeled images"], whole["unlabeled images"]) == ("60", "0")
    assert {name for name in made if made[name] == whole[name]} == {
        "source",
        "pack",
        "teachers",
        "classifier",
    }


def test_a_single_label_of_each_expression_is_refused(tmp_path) -> None:
    pack = toy_pack(tmp_path / "pack", {"train": 3, "test": 9})
    with pytest.raises(DataError, match="single label of each expression"):
        finetuned(toy_encoder(), pack, tmp_path / "run", FinetuneOptions(**QUICK))
    assert not (tmp_path / "run").exists()
