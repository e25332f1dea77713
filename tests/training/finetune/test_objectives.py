"""What a step of fine-tuning learns from: rows, views and labels of an epoch."""

import itertools

import numpy as np
import pytest
import torch

from asdcfer.data.pack import Pack
from asdcfer.data.splits import task_of
from asdcfer.errors import DataError
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.finetune.finetune import finetune
from asdcfer.training.finetune.objectives import (
    SupervisedObjective,
    mixing_state,
    restore_mixing,
)
from asdcfer.training.finetune.options import FinetuneOptions
from tests.evaluation.standin import NAMES, toy_encoder

QUICK = {"batch_size": 20, "epochs": 2, "precision": "32", "ema": 0.5, "cutmix": 1.0}


def test_two_processes_need_two_images_each(pack, tmp_path) -> None:
    place = Workplace(tmp_path / "out", hardware=Hardware("cpu", devices=2))
    with pytest.raises(DataError, match="3 labeled training images are too few for 2 processes"):
        finetune(toy_encoder(), pack, place, FinetuneOptions(**QUICK, labels_per_class=1))


def objective(pack: Pack, targets: torch.Tensor | None = None, rank=0, of=1, **options):
    model = ExpressionModel(toy_encoder(), Classifier(toy_encoder().feature_dim, 3), NAMES)
    chosen = FinetuneOptions(**{**QUICK, "batch_size": 14, **options})
    return SupervisedObjective(model, pack, task_of(pack), chosen, targets, rank, of)


def test_processes_share_the_images_of_a_step(pack) -> None:
    parts = [objective(pack, rank=rank, of=2) for rank in range(2)]
    for part in parts:
        part.begin(0)
    seen = [[set(part.rows(step).tolist()) for step in range(part.steps)] for part in parts]
    assert [[len(rows) for rows in own] for own in seen] == [[14, 14, 2], [14, 14, 2]]
    assert len(set.union(*seen[0], *seen[1])) == 60


def test_an_epoch_shows_each_labeled_image_once_in_an_order_of_its_own(pack) -> None:
    one = objective(pack)
    orders = []
    for epoch in (0, 1, 0):
        one.begin(epoch)
        orders.append([one.rows(step).tolist() for step in range(one.steps)])
        assert sorted(itertools.chain(*orders[-1])) == pack.rows("train").tolist()
    assert orders[0] == orders[2] != orders[1]
    assert [one.images_seen(step) for step in (0, 1, 4, 5, 9)] == [0, 14, 56, 60, 60]


def test_an_epoch_begun_again_gives_the_same_views_and_mixtures(pack) -> None:
    one = objective(pack)
    found = []
    for _ in range(2):
        one.begin(3)
        found.append(one.labeled_batch(one.rows(0), 32))
    for before, after in zip(*found, strict=True):
        assert torch.equal(before, after)


def test_targets_stand_in_for_the_labels(pack) -> None:
    targets = torch.full((len(pack), 3), 1 / 3)
    one = objective(pack, targets, cutmix=0.0, mixup=0.0)
    one.begin(0)
    _, target = one.labeled_batch(one.rows(0), 32)
    assert target.allclose(torch.tensor(1 / 3))


def test_the_loss_is_the_smoothed_cross_entropy(pack) -> None:
    one = objective(pack, cutmix=0.0, mixup=0.0, label_smoothing=0.2)
    one.model.eval()
    one.begin(0)
    found = one.loss(0, 32)
    one.begin(0)
    x, target = one.labeled_batch(one.rows(0), 32)
    smooth = target * 0.8 + 0.2 / 3
    wanted = -(smooth * one.logits(x).log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(found.loss, wanted)


def test_the_state_of_a_generator_comes_back_to_the_bit() -> None:
    one = np.random.default_rng(3)
    one.integers(0, 2**31, 5, dtype=np.int32)  # leaves half a word behind
    state = mixing_state(one)
    other = np.random.default_rng(4)
    restore_mixing(other, state)
    assert (state.dtype, state.shape) == (torch.uint8, (41,))
    assert one.integers(0, 2**31, 9, dtype=np.int32).tolist() == (
        other.integers(0, 2**31, 9, dtype=np.int32).tolist()
    )
