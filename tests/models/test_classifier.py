"""The classifier, and the model of encoder and classifier."""

import numpy as np
import pytest
import torch

from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder

FACES = np.random.default_rng(0).integers(0, 256, (5, 60, 40), np.uint8)


def model(temperature: float = 1.0) -> ExpressionModel:
    torch.manual_seed(0)
    encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
    return ExpressionModel(
        encoder, Classifier(encoder.feature_dim, 3, dropout=0.5), ("a", "b", "c"), temperature
    ).eval()


def test_dropout_acts_in_training_alone():
    classifier, x = Classifier(50, 7, dropout=0.5), torch.randn(4, 50)
    assert torch.equal(classifier.eval()(x), classifier(x))
    assert not torch.equal(classifier.train()(x), classifier(x))


def test_probabilities_are_the_softmax_of_logits_over_temperature():
    one = model(temperature=2.5)
    logits = one.logits(one.encoder.preprocessing.batch(FACES)).detach()
    due = np.exp(logits.double().numpy() / 2.5)
    np.testing.assert_allclose(
        one.probabilities(FACES).numpy(), due / due.sum(1, keepdims=True), atol=1e-6
    )
    torch.testing.assert_close(one.probabilities(FACES).sum(1), torch.ones(5))


def test_temperature_changes_confidence_and_never_the_answer():
    cold, warm = model(0.5).probabilities(FACES), model(4.0).probabilities(FACES)
    assert torch.equal(cold.argmax(1), warm.argmax(1))
    assert (cold.max(1).values > warm.max(1).values).all()


def test_flip_averages_with_the_mirrored_face():
    one = model()
    mirrored = np.ascontiguousarray(FACES[:, :, ::-1])
    due = (one.probabilities(FACES) + one.probabilities(mirrored)) / 2
    torch.testing.assert_close(one.probabilities(FACES, tta=True), due, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(
        one.probabilities(FACES, tta=True),
        one.probabilities(mirrored, tta=True),
        atol=1e-5,
        rtol=1e-4,
    )


def test_lists_and_color_are_taken_and_no_gradient_is_kept():
    result = model().probabilities([FACES[0], np.zeros((30, 30, 3), np.uint8)])
    assert result.shape == (2, 3)
    assert not result.requires_grad
    assert model().probabilities([]).shape == (0, 3)


@pytest.mark.parametrize(
    ("classifier", "expressions", "temperature", "said"),
    [
        ((9, 3), "abc", 1.0, "takes 9"),
        (None, "ab", 1.0, "3 outputs for 2"),
        (None, "abc", 0.0, "temperature"),
        (None, "abc", float("nan"), "temperature"),
    ],
)
def test_parts_that_do_not_fit_are_refused(classifier, expressions, temperature, said):
    one = model()
    with pytest.raises(ValueError, match=said):
        ExpressionModel(
            one.encoder,
            Classifier(*classifier) if classifier else one.classifier,
            tuple(expressions),
            temperature,
        )
