"""Pseudo-labels by agreement: each reason to reject, and a run that reads no hidden label."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from asdcfer.data.splits import task_of
from asdcfer.training.finetune.cluster_agreement import agreed_task, agreement, silhouettes
from asdcfer.training.finetune.options import FinetuneOptions, UnlabeledOptions
from asdcfer.training.finetune.semi_supervised import only_known, unlabeled_rows
from tests.evaluation.standin import few_labeled, toy_encoder
from tests.factories import Heard
from tests.training.standin import (
    KilledError,
    Told,
    finetuned,
    model_tensors,
)

OPTIONS = UnlabeledOptions(agreement_confidence=0.6, agreement_silhouette=0.3)


def test_silhouettes_equal_the_loop():
    random = np.random.default_rng(0)
    features, centers = random.normal(size=(20, 3)), random.normal(size=(4, 3))
    cluster, clear = silhouettes(features, centers)
    for i, face in enumerate(features):
        distances = sorted((float(np.linalg.norm(face - c)), k) for k, c in enumerate(centers))
        (a, own), (b, _) = distances[:2]
        assert cluster[i] == own
        assert clear[i] == pytest.approx((b - a) / max(a, b))


def test_each_reason_to_reject_is_counted_once():
    known = np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 0.0], [5.1, 0.0]])
    truth = np.array([0, 0, 1, 1])
    asked = np.array([[0.0, 0.1], [2.5, 0.0], [0.0, 0.2], [5.0, 0.2], [5.0, 0.1]])
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.55, 0.45], [0.9, 0.1], [0.2, 0.8]])
    found = agreement(known, truth, asked, probabilities, OPTIONS)
    assert found.kept.tolist() == [True, False, False, False, True]
    assert found.labels[found.kept].tolist() == [0, 1]
    assert (found.outside, found.unsure, found.contradicted) == (1, 1, 1)
    assert "2 of 5 unlabeled faces take part" in str(found)


def test_a_cluster_without_a_labeled_face_vouches_for_nobody():
    known, truth = np.array([[0.0, 0.0], [0.1, 0.0]]), np.array([0, 0])
    asked = np.array([[9.0, 9.0], [9.1, 9.0], [0.0, 0.1]])
    probabilities = np.tile([0.99, 0.01], (3, 1))
    found = agreement(known, truth, asked, probabilities, OPTIONS)
    assert found.kept.tolist() == [False, False, True]
    assert found.contradicted == 2


def test_the_task_gains_the_agreed_labels_alone(pack):
    task = only_known(few_labeled(pack))
    unlabeled = unlabeled_rows(pack, task)
    truth = task_of(pack).labels[unlabeled]
    probabilities = np.full((len(unlabeled), 3), 0.1)
    probabilities[np.arange(len(unlabeled)), truth] = 0.8
    options = OPTIONS.model_copy(update={"agreement_silhouette": 0.0})
    found, told = agreed_task(toy_encoder(), pack, task, unlabeled, probabilities, options)
    gained = np.setdiff1d(found.train, task.train)
    assert len(gained) == told.kept.sum() > 0
    assert np.array_equal(gained, unlabeled[told.kept])
    assert np.array_equal(found.labels[gained], truth[told.kept])
    rest = np.setdiff1d(np.arange(len(pack)), gained)
    assert np.array_equal(found.labels[rest], task.labels[rest])


QUICK = {
    "batch_size": 6,
    "precision": "32",
    "ema": 0.5,
    "unlabeled": True,
    "pseudo_rule": "agreement",
    "agreement_confidence": 0.3,
    "agreement_silhouette": 0.0,
}


@pytest.mark.slow
def test_a_run_tells_what_takes_part_and_hidden_labels_change_nothing(pack, tmp_path):
    task, options = few_labeled(pack), FinetuneOptions(**QUICK, epochs=1)
    others = unlabeled_rows(pack, task)
    found = []
    for number, change in enumerate([lambda x: x, lambda x: np.full_like(x, -1)]):
        labels = pack.labels.copy()
        labels[others] = change(labels[others])
        heard = Heard()
        results = finetuned(
            toy_encoder(),
            replace(pack, labels=labels),
            tmp_path / str(number),
            options,
            task=replace(task, labels=labels),
            progress=heard,
        )
        assert any("unlabeled faces take part" in line for line in heard.lines)
        assert (results[0].training_images, results[0].unlabeled_images) == (12, 48)
        found.append(model_tensors(tmp_path / str(number)))
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_same_weights(pack, tmp_path):
    task, options = few_labeled(pack), FinetuneOptions(**QUICK, epochs=3)
    finetuned(toy_encoder(), pack, tmp_path / "whole", options, task=task)
    parts = tmp_path / "parts"
    told = Told(killed_at="epoch 2/")
    with pytest.raises(KilledError):
        finetuned(toy_encoder(), pack, parts, options, task=task, progress=told)
    finetuned(toy_encoder(), pack, parts, options, task=task, resume=True)
    one, two = model_tensors(tmp_path / "whole"), model_tensors(parts)
    assert all(torch.equal(one[name], two[name]) for name in one)
