"""What a linear probe of the frozen encoder says about faces without labels."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from asdcfer.evaluation.probes.features import extract
from asdcfer.evaluation.probes.linear_selection import fit_linear
from asdcfer.training.finetune.linear_init import linear_init
from asdcfer.training.finetune.semi_supervised import (
    unlabeled_rows,
)
from tests.evaluation.standin import few_labeled, toy_encoder, toy_pack


@pytest.mark.slow
def test_the_start_is_the_same_where_the_network_computes_in_16_bits(pack) -> None:
    task = few_labeled(pack)
    others = unlabeled_rows(pack, task)
    full, half = (
        linear_init(toy_encoder(), pack, task, others, smooth=True, bf16=bf16)
        for bf16 in (False, True)
    )
    assert half.weight.dtype == half.labels.dtype == torch.float32
    assert not torch.equal(half.weight, full.weight), "16 bits were asked for and not computed in"
    assert half.labels.sum(1).allclose(torch.ones(len(others)), atol=1e-5)
    assert (half.labels.argmax(1) == full.labels.argmax(1)).float().mean() > 0.8


def test_it_is_the_linear_probe_with_its_temperature_folded_in(pack) -> None:
    task = few_labeled(pack)
    found = linear_init(toy_encoder(), pack, task, unlabeled_rows(pack, task)[:0], estimate=True)
    known = extract(toy_encoder(), pack, task.train, cache=None)
    validation = extract(toy_encoder(), pack, task.validation, cache=None)
    fitted = fit_linear(known, task.labels[task.train], validation, task.labels[task.validation], 3)
    scaled = validation @ found.weight.numpy() + found.bias.numpy()
    np.testing.assert_allclose(
        scaled * found.temperature, fitted.logits(validation), rtol=1e-3, atol=1e-3
    )
    assert found.labels.shape == (0, 3)
    np.testing.assert_allclose(found.prior.numpy(), 1 / 3, atol=1e-6)
    assert found.penalty == fitted.hyperparameters["penalty"]


def test_the_bias_answers_for_the_estimated_mix(pack) -> None:
    task = few_labeled(pack)
    others = unlabeled_rows(pack, task)
    # Twice as many of one expression as of another.
    chosen = np.concatenate(
        [others[pack.labels[others] == label][: 4 * (label + 1)] for label in range(3)]
    )
    found = linear_init(toy_encoder(), pack, task, chosen)
    plain = linear_init(toy_encoder(), pack, task, chosen, estimate=False)
    assert found.prior.sum() == pytest.approx(1, abs=1e-5)
    assert found.prior.argmax() == 2
    np.testing.assert_allclose(plain.prior.numpy(), 1 / 3, atol=1e-6)
    shift = found.bias * found.temperature - plain.bias * plain.temperature
    wanted = (found.prior * 3).log() * found.temperature
    torch.testing.assert_close(shift, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("each", [1, 6])
def test_a_tenth_of_few_labels_chooses_nothing_where_folds_can(tmp_path, each) -> None:
    pack = toy_pack(tmp_path / "pack", {"train": 60, "test": 9})
    task = few_labeled(pack, each)
    assert task.refit
    found = linear_init(toy_encoder(), pack, task, unlabeled_rows(pack, task))
    labels = task.labels.copy()
    labels[task.validation] = (labels[task.validation] + 1) % 3
    other = linear_init(
        toy_encoder(), pack, replace(task, labels=labels), unlabeled_rows(pack, task)
    )
    same = found.penalty == other.penalty and found.temperature == other.temperature
    assert same == (each > 1)
