"""Weights: what is saved comes back."""

import json

import numpy as np
import torch
from safetensors.torch import load_file

from asdcfer.expressions import EXPRESSIONS
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.heads import Projector
from asdcfer.models.registry import pooled_by
from asdcfer.models.weights import (
    load_encoder,
    load_model,
    load_teacher,
    save_encoder,
    save_model,
    weights_hash,
)
from tests.factories import SPEC, a_model, an_encoder, saved

FACES = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)


def test_an_encoder_comes_back_bit_for_bit_in_evaluation_mode(tmp_path, capsys):
    encoder = an_encoder()
    path = save_encoder(tmp_path / "one", encoder, {"recipe": "none"})
    assert path == tmp_path / "one.safetensors"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.json", "one.safetensors"]
    for name in (path, str(path), tmp_path / "one", str(tmp_path / "one.json")):
        loaded = load_encoder(name)
        assert loaded.spec == encoder.spec
        assert not loaded.training
        assert weights_hash(loaded) == weights_hash(encoder)
        x = encoder.preprocessing.batch(FACES)
        assert torch.equal(loaded(x), encoder(x))
    assert capsys.readouterr().out == ""


def test_loading_says_how_many_tensors_came_from_which_file(tmp_path, capsys):
    model = a_model()
    path = save_model(tmp_path / "one", model, {})
    loaded = load_encoder(path, verbose=True)
    tensors = len(model.encoder.state_dict())
    assert loaded.load_report.loaded == {"encoder": tensors}
    assert loaded.load_report.left == {"classifier": 2}
    assert capsys.readouterr().out == f"{loaded.load_report}\n"
    assert str(loaded.load_report).startswith(f"loaded {tensors} encoder tensors (")
    assert str(path) in str(loaded.load_report)
    assert load_model(path).load_report.loaded == {"encoder": tensors, "classifier": 2}


def test_names_in_the_file_say_which_part_they_belong_to(tmp_path):
    encoder = an_encoder()
    names = load_file(
        save_encoder(tmp_path / "one", encoder, {}, Projector(encoder.feature_dim, 8, 4))
    ).keys()
    assert {name.split(".")[0] for name in names} == {"encoder", "projector"}
    assert "encoder.stem.weight" in names


def test_a_model_comes_back_with_labels_temperature_and_card(tmp_path):
    model = a_model()
    loaded = load_model(
        save_model(
            tmp_path / "one", model, {"recipe": "r", "results": {"private": {"accuracy": 0.5}}}
        )
    )
    assert loaded.expressions == EXPRESSIONS
    assert loaded.temperature == 1.7
    assert loaded.card["results"]["private"]["accuracy"] == 0.5
    assert torch.equal(loaded.probabilities(FACES), model.probabilities(FACES))


def test_a_teacher_comes_back_with_its_projector_and_without_where_none_was_saved(tmp_path):
    encoder = an_encoder()
    projector = Projector(encoder.feature_dim, 8, 4, layers=3).eval()
    loaded, head = load_teacher(save_encoder(tmp_path / "with", encoder, {}, projector))
    x = encoder.preprocessing.batch(FACES)
    assert torch.equal(head(loaded(x)), projector(encoder(x)))
    assert not head.training
    assert load_teacher(save_encoder(tmp_path / "without", encoder, {}))[1] is None


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


def test_weights_hash_follows_tensors_and_pooling_and_nothing_else():
    encoder = an_encoder()
    before = weights_hash(encoder)
    assert weights_hash(encoder.train()) == before
    assert weights_hash(pooled_by(encoder, "global")) != before
    with torch.no_grad():
        encoder.norm.running_mean[0] += 1e-3
    assert weights_hash(encoder) != before


def test_saving_over_an_existing_pair_replaces_both_and_leaves_no_other_file(tmp_path):
    saved(tmp_path)
    second = an_encoder()
    path = save_encoder(tmp_path / "one", second, {})
    assert weights_hash(load_encoder(path)) == weights_hash(second)
    assert len(list(tmp_path.iterdir())) == 2
