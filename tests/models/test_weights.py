"""Weights: what is saved comes back."""

import numpy as np
import torch
from safetensors.torch import load_file

from asdcfer.expressions import EXPRESSIONS
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
from tests.factories import a_model, an_encoder, saved

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
