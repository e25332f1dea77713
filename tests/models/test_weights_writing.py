"""Writing of weights: the card describes what the file holds, in full or in 16 bits."""

import json

import numpy as np
import torch
from safetensors.torch import load_file

from asdcfer.expressions import EXPRESSIONS
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.weights import load_encoder, save_encoder, save_model, weights_hash
from asdcfer.models.weights_writing import tensors_hash
from tests.factories import SPEC, a_model, an_encoder

FACES = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)


def test_the_card_holds_spec_preprocessing_recipe_labels_hashes_and_license(tmp_path):
    model = a_model()
    path = save_model(
        tmp_path / "one",
        model,
        {"recipe": {"name": "r"}, "data": "FER-2013", "license": "CC-BY-4.0"},
    )
    card = json.loads(path.with_suffix(".json").read_text())
    assert EncoderSpec(**card["encoder"]) == SPEC
    assert card["encoder"]["preprocessing"]["size"] == 32
    assert card["expressions"] == list(EXPRESSIONS)
    assert (card["kind"], card["recipe"], card["license"], card["feature_dim"]) == (
        "model",
        {"name": "r"},
        "CC-BY-4.0",
        model.encoder.feature_dim,
    )
    assert card["hashes"]["weights"] == weights_hash(model.encoder)
    assert card["parameters"] == sum(p.numel() for p in model.encoder.parameters())
    assert "license" in json.loads(
        save_encoder(tmp_path / "two", model.encoder, {}).with_suffix(".json").read_text()
    )


def test_the_same_weights_give_the_same_bytes(tmp_path):
    encoder = an_encoder()
    one, two = (
        save_encoder(tmp_path / "a" / "x", encoder, {}),
        save_encoder(tmp_path / "b" / "x", encoder.to(memory_format=torch.channels_last), {}),
    )
    assert one.read_bytes() == two.read_bytes()
    assert one.with_suffix(".json").read_text() == two.with_suffix(".json").read_text()


def test_float16_halves_the_file_keeps_statistics_and_hardly_moves_the_feature(tmp_path):
    encoder = an_encoder(EncoderSpec(name="resnet18", arguments={"width": 16, "stem": "stride2"}))
    full, half = (
        save_encoder(tmp_path / "full", encoder, {}),
        save_encoder(tmp_path / "half", encoder, {}, float16=True),
    )
    assert half.stat().st_size < 0.6 * full.stat().st_size
    stored = load_file(half)
    assert stored["encoder.norm.running_var"].dtype == torch.float32
    assert stored["encoder.norm.num_batches_tracked"].dtype == torch.int64
    loaded = load_encoder(half)
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert (
        loaded.load_report.card["hashes"]["weights"]
        == weights_hash(loaded)
        != weights_hash(encoder)
    )
    x = encoder.preprocessing.batch(FACES)
    assert torch.nn.functional.cosine_similarity(loaded(x), encoder(x)).min() > 0.9999


def test_float16_keeps_what_it_cannot_hold_in_full(tmp_path):
    encoder = an_encoder()
    with torch.no_grad():
        encoder.stem.weight[0, 0, 0, 0] = 1e6
    stored = load_file(save_encoder(tmp_path / "one", encoder, {}, float16=True))
    assert torch.equal(stored["encoder.stem.weight"], encoder.stem.weight)


def test_the_hash_is_that_of_the_tensors_given_and_not_of_the_encoders_own():
    encoder, other = an_encoder(), an_encoder()
    with torch.no_grad():
        other.stem.weight += 1
    tensors = other.state_dict()
    assert tensors_hash(encoder, tensors) == weights_hash(other) != weights_hash(encoder)
    in_another_order = dict(reversed(tensors.items()))
    assert tensors_hash(encoder, in_another_order) == weights_hash(other)
