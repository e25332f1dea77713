import numpy as np
import pytest
import torch

from asdcfer.data.splits import HELD_OUT_NAME, task_of
from asdcfer.errors import DataError
from asdcfer.evaluation.metrics import RESULT_KEYS
from asdcfer.evaluation.probes.features import embed
from asdcfer.evaluation.probes.knn import choose_knn, knn_accuracy, knn_probe, nearest, vote
from asdcfer.evaluation.probes.linear import linear_probe
from tests.evaluation.standin import toy_encoder, toy_pack
from tests.reference.knn import loop_knn


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return toy_pack(tmp_path_factory.mktemp("probes") / "pack")


@pytest.mark.parametrize("k", [1, 3, 20])
def test_knn_is_the_loops(k: int) -> None:
    rng = np.random.default_rng(k)
    bank, queries = (
        rng.normal(size=(30, 5)).astype(np.float32),
        rng.normal(size=(11, 5)).astype(np.float32),
    )
    labels = rng.integers(0, 4, 30)
    cosines, indices = nearest(bank, queries, k)
    found = vote(cosines, torch.from_numpy(labels)[indices], 4, 0.1).numpy()
    np.testing.assert_allclose(found, loop_knn(bank, labels, queries, 4, k, 0.1), atol=1e-5)


def test_knn_choice_is_the_best_of_the_grid_and_never_wider_than_the_bank() -> None:
    rng = np.random.default_rng(0)
    labels, truth = rng.integers(0, 3, 40), rng.integers(0, 3, 25)
    bank = (np.eye(3)[labels] + rng.normal(0, 0.7, (40, 3))).astype(np.float32)
    queries = (np.eye(3)[truth] + rng.normal(0, 0.7, (25, 3))).astype(np.float32)
    chosen, probabilities = choose_knn(
        bank, labels, queries, truth, 3, neighbors=(1, 5, 200), temperatures=(0.05, 0.5)
    )
    scores = {
        (k, t): (loop_knn(bank, labels, queries, 3, k, t).argmax(1) == truth).mean()
        for k in (1, 5)
        for t in (0.05, 0.5)
    }
    assert chosen["k"] in (1, 5)
    assert (probabilities.argmax(1) == truth).mean() == pytest.approx(max(scores.values()))


def test_knn_accuracy_of_itself_is_one() -> None:
    x = torch.randn(10, 4, generator=torch.Generator().manual_seed(0))
    y = torch.arange(10) % 3
    assert knn_accuracy(x, y, x, y, k=1) == 1.0


@pytest.mark.parametrize("probe", [knn_probe, linear_probe])
def test_probe_reports_test_and_union(probe, pack) -> None:
    private, union = probe(toy_encoder(), pack, cache=None, recipe="toy")
    assert set(RESULT_KEYS) <= set(private)
    assert (private["evaluated_on"], union["evaluated_on"]) == ("private", "union")
    assert (private["images"], union["images"]) == (24, 48)
    assert private["chosen_on"] == union["chosen_on"] == "public"
    assert "touched once" in private["protocol"] and "not untouched" in union["protocol"]
    assert private["accuracy"] > 0.6
    assert private["recipe"] == "toy"


@pytest.mark.parametrize("probe", [knn_probe, linear_probe])
def test_a_feature_too_wide_for_a_headline_is_named_in_the_protocol(probe, pack) -> None:
    encoder = toy_encoder()
    side = 1 + int((8192 / encoder.map_channels[0]) ** 0.5)
    wide = probe(
        encoder, pack, pooling="grid", pooling_arguments={"map": 0, "cells": side}, cache=None
    )
    assert all(
        f"its {value['feature']['dim']:,} dimensions are over the 8,192" in value["protocol"]
        for value in wide
    )
    assert all(
        "dimensions are over" not in value["protocol"] for value in probe(encoder, pack, cache=None)
    )


@pytest.mark.parametrize("probe", [knn_probe, linear_probe])
def test_private_labels_never_influence_the_fit(probe, pack, tmp_path) -> None:
    encoder = toy_encoder()
    honest = probe(encoder, pack, cache=None)[0]
    shuffled = pack.labels.copy()
    rows = pack.rows("private")
    shuffled[rows] = (shuffled[rows] + 1) % 3
    other = probe(encoder, pack, task=task_of(pack, shuffled), cache=None)[0]
    assert other["hyperparameters"] == honest["hyperparameters"]
    assert np.array_equal(np.sum(other["confusion"], 0), np.sum(honest["confusion"], 0))


def test_linear_probe_mirror_options_are_named(pack) -> None:
    encoder = toy_encoder()
    results = {
        tta: linear_probe(encoder, pack, tta=tta, cache=None)[0]
        for tta in ("none", "features", "logits")
    }
    assert "mirror" not in results["none"]["protocol"]
    assert "mean feature of image and mirror" in results["features"]["protocol"]
    assert "mean logits of image and mirror" in results["logits"]["protocol"]
    assert (
        linear_probe(encoder, pack, tta=True, cache=None)[0]["confusion"]
        == results["logits"]["confusion"]
    )
    with pytest.raises(ValueError, match="tta"):
        linear_probe(encoder, pack, tta="both", cache=None)


def test_mirrored_features_are_the_same_for_an_image_and_its_mirror(pack) -> None:
    encoder = toy_encoder()
    image = pack.images[:1]
    both = embed(image, encoder) + embed(image[:, :, ::-1].copy(), encoder)
    again = embed(image[:, :, ::-1].copy(), encoder) + embed(image, encoder)
    np.testing.assert_allclose(both, again)


def test_pack_without_choosing_split_holds_out_a_stratified_tenth(tmp_path) -> None:
    pack = toy_pack(tmp_path / "p", {"train": 60, "test": 20})
    task = task_of(pack)
    assert task.refit and task.validation_name == HELD_OUT_NAME and not task.has_union
    assert np.bincount(task.labels[task.validation]).tolist() == [2, 2, 2]
    assert not set(task.validation) & set(task.train)
    assert np.array_equal(task.validation, task_of(pack).validation)
    for probe in (knn_probe, linear_probe):
        (only,) = probe(toy_encoder(), pack, cache=None)
        assert only["training_images"] == 60
        assert only["evaluated_on"] == "test"


def test_bad_packs_are_named(tmp_path) -> None:
    with pytest.raises(DataError, match="no labels"):
        task_of(toy_pack(tmp_path / "u", labeled=False))
    with pytest.raises(DataError, match="no split 'private' or 'test'"):
        task_of(toy_pack(tmp_path / "t", {"train": 9, "public": 9}))
    with pytest.raises(DataError, match="no split 'train'"):
        task_of(toy_pack(tmp_path / "o", {"private": 9, "public": 9}))
    with pytest.raises(DataError, match="single expression"):
        task_of(toy_pack(tmp_path / "s", classes=1))
