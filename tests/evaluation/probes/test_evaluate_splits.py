"""What every probe of the package keeps to: splits, choices, protocols."""

import numpy as np
import pytest

from asdcfer.data.splits import HELD_OUT_NAME, task_of
from asdcfer.errors import DataError
from asdcfer.evaluation.probes.context import PoolingChoice
from asdcfer.evaluation.probes.few_labels import FewLabelsProbe
from asdcfer.evaluation.probes.few_shot import FewShotProbe
from asdcfer.evaluation.probes.knn import KnnProbe
from asdcfer.evaluation.probes.linear import LinearProbe
from asdcfer.evaluation.probes.linear_folds import FOLDS_NAME
from asdcfer.evaluation.probes.run import run_probes
from tests.evaluation.standin import toy_context, toy_encoder, toy_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return toy_pack(tmp_path_factory.mktemp("splits") / "pack")


@pytest.mark.slow
@pytest.mark.parametrize("probe", [KnnProbe(), LinearProbe()])
def test_probe_reports_test_and_union(probe, pack) -> None:
    private, union = probe.run(toy_context(pack, recipe="toy", seed=4))
    assert (private.evaluated_on, union.evaluated_on) == ("private", "union")
    assert (private.images, union.images) == (24, 48)
    assert private.protocol.chosen_on == union.protocol.chosen_on == "public"
    assert "touched once" in str(private.protocol)
    assert "not untouched" in str(union.protocol)
    assert private.accuracy > 0.6
    assert (private.kind, private.recipe, private.seed) == (probe.kind, "toy", 4)
    assert private.protocol.frozen
    assert private.weights_hash
    assert private.seconds > 0


@pytest.mark.slow
@pytest.mark.parametrize("probe", [KnnProbe(), LinearProbe()])
def test_twins_are_left_out_of_a_second_result(probe, pack) -> None:
    twins = pack.rows("private")[:5]
    found = list(probe.run(toy_context(pack, twins=twins)))
    assert [(r.test_set, r.images, r.twins_removed) for r in found] == [
        ("private", 24, None),
        ("private without twins", 19, 5),
        ("union", 48, None),
        ("union without twins", 43, 5),
    ]
    assert "5 images with an exact or near duplicate" in str(found[1].protocol)


@pytest.mark.slow
@pytest.mark.parametrize("probe", [KnnProbe(), LinearProbe()])
def test_a_feature_too_wide_for_a_headline_is_named_in_the_protocol(probe, pack) -> None:
    encoder = toy_encoder()
    side = 1 + int((8192 / encoder.map_channels[0]) ** 0.5)
    pooling = PoolingChoice(pooling="grid", arguments={"map": 0, "cells": side})
    wide = list(probe.run(toy_context(pack, pooling=pooling)))
    assert all(
        f"its {value.feature.dim:,} dimensions are over the 8,192" in str(value.protocol)
        for value in wide
    )
    narrow = list(probe.run(toy_context(pack)))
    assert all("dimensions are over" not in str(value.protocol) for value in narrow)


@pytest.mark.slow
@pytest.mark.parametrize("probe", [KnnProbe(), LinearProbe()])
def test_private_labels_never_influence_the_fit(probe, pack) -> None:
    honest = next(probe.run(toy_context(pack)))
    shuffled = pack.labels.copy()
    rows = pack.rows("private")
    shuffled[rows] = (shuffled[rows] + 1) % 3
    other = next(probe.run(toy_context(pack, task=task_of(pack, shuffled))))
    assert other.hyperparameters == honest.hyperparameters
    assert np.array_equal(np.sum(other.confusion, 0), np.sum(honest.confusion, 0))


def test_pack_without_choosing_split_holds_out_a_stratified_tenth(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p", {"train": 60, "test": 20})
    task = task_of(pack)
    assert task.refit
    assert task.validation_name == HELD_OUT_NAME
    assert not task.has_union
    assert np.bincount(task.labels[task.validation]).tolist() == [2, 2, 2]
    assert not set(task.validation) & set(task.train)
    assert np.array_equal(task.validation, task_of(pack).validation)
    for probe, chosen_on in ((KnnProbe(), HELD_OUT_NAME), (LinearProbe(), FOLDS_NAME)):
        (only,) = probe.run(toy_context(pack))
        assert only.training_images == 60
        assert only.evaluated_on == "test"
        assert only.protocol.chosen_on == chosen_on


def test_bad_packs_are_named(tmp_path) -> None:
    with pytest.raises(DataError, match="no labels"):
        task_of(toy_pack(tmp_path / "u", labeled=False))
    with pytest.raises(DataError, match="no split 'private' or 'test'"):
        task_of(toy_pack(tmp_path / "t", {"train": 9, "public": 9}))
    with pytest.raises(DataError, match="no split 'train'"):
        task_of(toy_pack(tmp_path / "o", {"private": 9, "public": 9}))
    with pytest.raises(DataError, match="single expression"):
        task_of(toy_pack(tmp_path / "s", classes=1))


def test_a_single_label_of_each_expression_chooses_nothing(tmp_path) -> None:
    context = toy_context(toy_pack(tmp_path / "pack", {"train": 3, "test": 9}))
    for probe in (KnnProbe(), LinearProbe(), FewLabelsProbe(shares=(), per_class=(1,))):
        with pytest.raises(DataError, match=r"single label of each.*`kinds=few_shot`"):
            next(probe.run(context))
    shots = run_probes(context, [FewShotProbe(shots=(1,), trials=2)], without_twins=True)
    assert {one.labels_used.images for one in shots} == {3}
