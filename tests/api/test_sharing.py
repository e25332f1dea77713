"""`api.share`: a folder with weights that load, a README, and ONNX that answers alike."""

import json

import numpy as np
import pytest

import asdcfer
from asdcfer import api
from asdcfer.errors import InputError, WeightsError
from asdcfer.models.cards import card_text
from asdcfer.models.weights import save_encoder, save_model
from tests.evaluation.standin import toy_encoder, toy_model


def test_an_encoder_loads_from_the_folder(tmp_path):
    path = save_encoder(tmp_path / "one", toy_encoder(), {"recipe": "toy"})
    shared = api.share(path, tmp_path / "to", name="Toy")
    assert list(shared.files) == ["README.md", "model.json", "model.safetensors"]
    assert shared.results == 0
    faces = np.zeros((2, 32, 32), np.uint8)
    found = asdcfer.embed(faces, tmp_path / "to" / "model")
    assert np.array_equal(found, asdcfer.embed(faces, toy_encoder()))
    assert (tmp_path / "to" / "README.md").read_text().count("# Toy\n") == 1


@pytest.mark.slow
def test_a_model_comes_with_onnx_of_the_same_answers(tmp_path):
    pytest.importorskip("onnxscript")
    path = save_model(tmp_path / "one", toy_model(), {})
    shared = api.share(path, tmp_path / "to")
    assert "model.onnx" in shared.files
    face = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    answers = [
        asdcfer.Recognizer(tmp_path / "to" / file, device="cpu", detection=None)(face)[0].scores
        for file in ("model.safetensors", "model.onnx")
    ]
    assert answers[0] == pytest.approx(answers[1], abs=1e-4)
    without = api.share(path, tmp_path / "small", onnx=False)
    assert "model.onnx" not in without.files


def test_what_is_in_the_way_stays_and_damaged_weights_are_refused(tmp_path):
    path = save_encoder(tmp_path / "one", toy_encoder(), {})
    (tmp_path / "to").mkdir()
    with pytest.raises(InputError, match="is there already"):
        api.share(path, tmp_path / "to")
    with pytest.raises(WeightsError, match="no weights 'nani'"):
        api.share("nani", tmp_path / "new")
    card = json.loads(path.with_suffix(".json").read_text())
    card["hashes"]["file"] = "0" * 64
    path.with_suffix(".json").write_text(card_text(card))
    with pytest.raises(WeightsError, match="SHA-256"):
        api.share(path, tmp_path / "new")
    assert not (tmp_path / "new").exists()
