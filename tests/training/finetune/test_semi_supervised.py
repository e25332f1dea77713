from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.data.splits import task_of
from asdcfer.errors import DataError
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.ema import MomentumEncoder
from asdcfer.training.engine.checkpoint import last_checkpoint, plain_value
from asdcfer.training.finetune.options import FinetuneOptions
from asdcfer.training.finetune.semi_supervised import (
    SemiSupervisedObjective,
    only_known,
    stream,
    unlabeled_rows,
)
from tests.evaluation.standin import NAMES, few_labeled, toy_encoder, toy_pack
from tests.training.standin import (
    KilledError,
    Told,
    assert_resumes_to_the_same_weights,
    finetuned,
    model_tensors,
)

QUICK = {"batch_size": 6, "epochs": 3, "precision": "32", "ema": 0.5, "unlabeled": True}


@pytest.mark.slow
@pytest.mark.parametrize("starting", ["none", "probe", "propagated"])
def test_labels_of_unlabeled_faces_are_never_read(pack, tmp_path, starting) -> None:
    options = FinetuneOptions(
        **{**QUICK, "epochs": 1},
        starting_labels=starting,
        classifier_start="probe" if starting == "probe" else "random",
    )
    task = few_labeled(pack)
    others = unlabeled_rows(pack, task)
    assert len(others) == 60 - 12
    rng, found = np.random.default_rng(0), []
    for number, change in enumerate([lambda x: x, rng.permutation, lambda x: np.full_like(x, -1)]):
        labels = pack.labels.copy()
        labels[others] = change(labels[others])
        results = finetuned(
            toy_encoder(),
            replace(pack, labels=labels),
            tmp_path / str(number),
            options,
            task=replace(task, labels=labels),
        )
        assert "12 labeled training images and 48 training images without their labels" in str(
            results[0].protocol
        )
        assert results[0].training_images == 12
        assert results[0].unlabeled_images == 48
        assert results[0].protocol.chosen_on == "public"
        found.append(model_tensors(tmp_path / str(number)))
    assert all(torch.equal(found[0][name], other[name]) for other in found[1:] for name in other)


class Watched:
    """Images that write down which rows are read."""

    def __init__(self, images) -> None:
        self.images, self.shape, self.rows = images, images.shape, []

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows):
        self.rows.append(np.atleast_1d(rows))
        return self.images[rows]


@pytest.mark.slow
def test_training_reads_the_unlabeled_images_and_none_to_report_on(pack, tmp_path) -> None:
    task, images = few_labeled(pack), Watched(pack.images)
    with pytest.raises(KilledError):
        finetuned(
            toy_encoder(),
            replace(pack, images=images),
            tmp_path,
            FinetuneOptions(**QUICK, starting_labels="propagated"),
            task=task,
            progress=Told(killed_at="epoch 1/"),
        )
    read = set(np.concatenate(images.rows).tolist())
    assert read == {
        *unlabeled_rows(pack, task).tolist(),
        *task.train.tolist(),
        *task.validation.tolist(),
    }
    assert not read & set(pack.rows("private").tolist())


@pytest.mark.slow
@pytest.mark.parametrize(
    "extra",
    [
        {},
        {
            "pseudo_labels": "hard",
            "threshold_rule": "fixed",
            "threshold": 0.4,
            "weak_tta": True,
            "optimizer": "adamw",
        },
    ],
)
def test_killed_and_resumed_run_gives_the_same_weights(pack, tmp_path, extra) -> None:
    options = FinetuneOptions(
        **QUICK, **extra, resolution=[[0.0, 16], [0.5, 32]], labels_per_class=4
    )
    assert_resumes_to_the_same_weights(toy_encoder, pack, tmp_path, options)
    assert "believed" in (tmp_path / "parts" / "metrics.csv").read_text().splitlines()[0]


@pytest.mark.slow
def test_epoch_is_a_pass_over_the_unlabeled_faces(pack, tmp_path) -> None:
    told = Told()
    options = FinetuneOptions(**{**QUICK, "epochs": 1}, labels_per_class=2, unlabeled_ratio=3)
    finetuned(toy_encoder(), pack, tmp_path, options, progress=told)
    # 54 unlabeled faces in steps of 18, each with 6 labeled ones.
    assert [done for _, done, _ in told.steps] == [0, 1, 2, 3]
    newest = last_checkpoint(tmp_path / "checkpoint")
    assert plain_value(newest, "asdcfer", "images") == 72


@pytest.mark.slow
def test_unlabeled_rows_of_a_users_pack_take_part(tmp_path) -> None:
    pack = toy_pack(tmp_path / "pack")
    labels = pack.labels.copy()
    rows = pack.rows("train")
    labels[rows[9:]] = -1
    pack = replace(pack, labels=labels)
    assert unlabeled_rows(pack, task_of(pack)).tolist() == rows[9:].tolist()
    results = finetuned(
        toy_encoder(), pack, tmp_path / "run", FinetuneOptions(**{**QUICK, "epochs": 1})
    )
    assert results[0].training_images == 9
    assert results[0].unlabeled_images == 51


def test_nothing_left_without_a_label_is_said(pack, tmp_path) -> None:
    with pytest.raises(DataError, match="`labels_per_class=250`"):
        finetuned(toy_encoder(), pack, tmp_path, FinetuneOptions(**QUICK))


def test_only_what_is_known_is_kept(pack) -> None:
    task = few_labeled(pack)
    known = only_known(task)
    rows = np.flatnonzero(known.labels >= 0)
    assert set(rows) == set(task.train) | set(task.validation)
    assert (known.labels[rows] == task.labels[rows]).all()


@pytest.mark.slow
@given(st.integers(1, 9), st.integers(0, 40), st.integers(1, 25))
def test_stream_is_a_row_of_whole_passes(count, start, wanted) -> None:
    whole = stream(count, 0, 80, seed=3)
    assert (stream(count, start, wanted, seed=3) == whole[start : start + wanted]).all()
    assert all(
        sorted(whole[i : i + count]) == list(range(count)) for i in range(0, 80 - count, count)
    )


def test_loss_is_that_of_both_kinds_written_out(pack, tmp_path, monkeypatch) -> None:
    """One step, pseudo-labels and views captured, the loss recomputed face by face."""
    model = ExpressionModel(toy_encoder(), Classifier(toy_encoder().feature_dim, 3), NAMES)
    torch.nn.init.normal_(model.classifier.linear.weight, 0, 2)
    task = only_known(few_labeled(pack, 3))
    options = FinetuneOptions(
        **QUICK,
        mixup=0.0,
        unlabeled_weight=0.7,
        threshold_rule="fixed",
        threshold=0.6,
        label_memory=0.0,
        alignment="none",
    )
    objective = SemiSupervisedObjective(
        model,
        pack,
        task,
        options,
        MomentumEncoder(model.eval()),
        unlabeled_rows(pack, task),
    )
    objective.memory.begin(torch.tensor([0.5, 0.3, 0.2]))
    seen, forward, assign = {}, objective.logits, objective.memory.assign
    monkeypatch.setattr(objective, "logits", lambda x: seen.setdefault("logits", forward(x)))
    monkeypatch.setattr(
        objective.memory,
        "assign",
        lambda index, p: seen.setdefault("labels", assign(index, seen.setdefault("p", p))),
    )
    objective.begin(0)
    result = objective.loss(0, 32)
    loss = float(result.loss.detach())
    logits, q = seen["logits"].detach().double().numpy(), seen["p"].double().numpy()
    rows = np.sort(task.train[stream(9, 0, 6, 0)])
    total = 0.0
    for b, row in enumerate(rows):
        z = logits[b] + np.log(1 / 3) - np.log([0.5, 0.3, 0.2])
        log = z - np.log(np.exp(z).sum())
        total += -(0.9 * log[task.labels[row]] + 0.1 * log.mean()) / 6
    believed = 0
    for b in range(12):
        z, p = logits[6 + b], q[b]
        if p.max() >= 0.6:
            believed += 1
            total += 0.7 * -(p**2 / (p**2).sum() * (z - np.log(np.exp(z).sum()))).sum() / 12
    assert 0 < believed < 12
    assert loss == pytest.approx(total, rel=1e-5)
    assert float(result.parts["believed"]) == pytest.approx(believed / 12)
