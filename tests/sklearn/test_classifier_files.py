"""Classifiers come back from files as they were, with and without their encoder."""

import numpy as np
import pytest

from asdcfer.errors import AsdcferError
from asdcfer.models.weights import load_model, weights_hash
from asdcfer.sklearn.classifier_files import SavedClassifier, read_classifier, write_classifier
from tests.evaluation.standin import toy_encoder


@pytest.mark.parametrize("with_encoder", [True, False])
def test_it_comes_back(tmp_path, with_encoder) -> None:
    encoder = toy_encoder() if with_encoder else None
    dim = toy_encoder().feature_dim
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(2, dim)).astype(np.float32)
    bias = rng.normal(size=2).astype(np.float32)
    saved = SavedClassifier(encoder, weight, bias, [4, 7], 0.1, {"batch_size": 8})
    path = write_classifier(tmp_path / "c", saved)
    found = read_classifier(tmp_path / "c")
    assert np.array_equal(found.weight, weight)
    assert np.array_equal(found.bias, bias)
    assert (found.labels, found.penalty, found.options) == ([4, 7], 0.1, {"batch_size": 8})
    if encoder is not None:
        assert weights_hash(found.encoder) == weights_hash(encoder)
        assert load_model(path).expressions == ("4", "7")


def test_two_labels_of_one_name_are_refused(tmp_path) -> None:
    weight = np.zeros((2, 3), np.float32)
    with pytest.raises(AsdcferError, match="one name"):
        write_classifier(tmp_path / "c", SavedClassifier(None, weight, weight[:, 0], [1, "1"], 1))
    assert not list(tmp_path.iterdir())
