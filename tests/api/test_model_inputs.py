"""What may be given as an encoder or a model: the object, a file, a folder or a name."""

from pathlib import Path

import pytest

from asdcfer.api.model_inputs import encoder_of, model_of
from asdcfer.errors import WeightsError
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_encoder, save_encoder, save_model
from tests.factories import Heard


def test_an_object_stays_itself(encoder: Encoder, model: ExpressionModel, heard: Heard) -> None:
    assert encoder_of(encoder, heard) == (encoder, {})
    assert model_of(model, heard) is model
    assert not heard.lines


def test_a_file_is_loaded_and_told_of(encoder: Encoder, tmp_path: Path, heard: Heard) -> None:
    path = save_encoder(tmp_path / "mine", encoder, {"recipe": "toy"})
    found, card = encoder_of(path, heard)
    assert found.spec == encoder.spec
    assert card["recipe"] == "toy"
    assert str(path) in heard.lines[0]
    # An encoder that was loaded knows its card.
    assert encoder_of(load_encoder(path), heard)[1]["recipe"] == "toy"
    assert len(heard.lines) == 1


def test_a_model_of_a_file_has_its_classifier(
    encoder: Encoder, model: ExpressionModel, tmp_path: Path, heard: Heard
) -> None:
    found = model_of(save_model(tmp_path / "model", model, {}), heard)
    assert found.expressions == model.expressions
    assert len(heard.lines) == 1
    with pytest.raises(WeightsError, match="without a classifier"):
        model_of(save_encoder(tmp_path / "encoder", encoder), heard)
    with pytest.raises(WeightsError):
        encoder_of(tmp_path / "nowhere", heard)
