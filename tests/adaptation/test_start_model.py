"""What is adapted: a model's classifiers as heads, and encoders alone."""

import numpy as np
import pytest
import torch

from asdcfer.adaptation.start_model import start_model
from asdcfer.errors import WeightsError
from asdcfer.models.weights import save_encoder
from tests.adaptation.standin import toy_start
from tests.evaluation.standin import toy_encoder


def test_the_own_head_answers_as_the_model_does_for_some_classes():
    start = toy_start()
    head, temperature = start.own_head(["sad", "angry"])
    x = np.random.default_rng(0).normal(size=(4, start.encoder.feature_dim)).astype(np.float32)
    with torch.no_grad():
        logits = start.classifiers[0].classifier(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(head.logits(x), logits[:, [2, 0]], rtol=1e-4, atol=1e-5)
    assert temperature == 1.0
    assert start.own_head(["sad", "pain"]) is None


def test_the_label_set_that_knows_no_other_classes_goes_first():
    start = start_model("nano")
    seven = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    _, temperature = start.own_head(seven)
    assert temperature == start.classifiers[1].temperature
    assert start.answers().weight.shape[1] == 15
    assert [each.labels for each in start_model("nano:fer2013").classifiers] == ["fer2013"]


def test_the_classes_that_no_label_names():
    start = start_model("nano")
    assert start.others(["happy", "sad"]) == ("angry", "disgust", "fear", "surprise", "neutral")
    # Contempt is asked for, so that the eight are meant.
    assert set(start.others(["contempt", "sad"])) == {
        *("angry", "disgust", "fear", "happy", "surprise", "neutral")
    }
    assert start.others(["calm", "tense"]) == ()
    assert start.others(start.classifiers[1].expressions) == ()


def test_an_encoder_alone_has_no_answers(tmp_path):
    path = save_encoder(tmp_path / "encoder", toy_encoder())
    for start in (start_model(path), start_model(toy_encoder())):
        assert start.classifiers == ()
        assert start.own_head(["sad"]) is None
        assert start.others(["sad"]) == ()
        assert start.answers() is None
    with pytest.raises(WeightsError, match="there are no weights"):
        start_model("nothing")
