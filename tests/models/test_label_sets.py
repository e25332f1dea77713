"""One encoder under several label sets: saved together, loaded one at a time."""

import copy

import pytest
import torch

from asdcfer.errors import WeightsError
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.label_names import split_labels
from asdcfer.models.label_sets import unlike
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_encoder, load_model, save_model

NAMES = {"ferplus": ("happy", "contempt", "sad"), "fer2013": ("happy", "sad")}


def models():
    torch.manual_seed(0)
    encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25})).eval()
    return [
        ExpressionModel(
            encoder,
            Classifier(encoder.feature_dim, len(names)),
            names,
            temperature=1.0 + len(names),
            card={"labels": labels, "results": [{"kind": "evaluate", "on": labels}]},
        ).eval()
        for labels, names in NAMES.items()
    ]


def test_each_label_set_comes_back_with_its_own_classifier_and_card(tmp_path):
    first, second = models()
    path = save_model(tmp_path / "two", first, {**first.card, "recipe": "none"}, others=[second])
    faces = torch.randint(0, 256, (3, 48, 48), dtype=torch.uint8)
    for labels, model in ((None, first), ("ferplus", first), ("fer2013", second)):
        loaded = load_model(path, labels=labels)
        assert loaded.labels == model.labels
        assert loaded.expressions == model.expressions
        assert loaded.temperature == model.temperature
        assert torch.equal(loaded.probabilities(faces), model.probabilities(faces))
        assert loaded.card["results"] == model.card["results"]
        assert loaded.card["recipe"] == "none"
        other = {"ferplus": "fer2013", "fer2013": "ferplus"}[loaded.labels]
        assert loaded.card["label_sets"][other]["expressions"] == list(NAMES[other])
    assert torch.equal(
        load_encoder(path).state_dict()["stem.0.weight"],
        first.encoder.state_dict()["stem.0.weight"],
    )


def test_an_unknown_label_set_is_refused_with_those_there_are(tmp_path):
    first, second = models()
    path = save_model(tmp_path / "two", first, first.card, others=[second])
    with pytest.raises(
        WeightsError, match="no label set 'rafdb'; valid here: fer2013, ferplus, ferplus7"
    ):
        load_model(path, labels="rafdb")
    alone = save_model(tmp_path / "one", first, {})
    with pytest.raises(WeightsError, match="valid here: ferplus, ferplus7"):
        load_model(alone, labels="fer2013")


def test_label_sets_need_names_of_their_own_and_the_same_encoder(tmp_path):
    first, second = models()
    second.card["labels"] = "ferplus"
    with pytest.raises(ValueError, match="name of its own"):
        save_model(tmp_path / "x", first, others=[second])
    second.card["labels"] = "fer2013"
    second.encoder = copy.deepcopy(first.encoder)
    with torch.no_grad():
        next(second.encoder.parameters()).add_(1.0)
    with pytest.raises(ValueError, match="another encoder"):
        save_model(tmp_path / "x", first, others=[second])


def test_a_label_set_may_stand_behind_the_name(tmp_path):
    first, second = models()
    path = save_model(tmp_path / "two", first, first.card, others=[second])
    for name in (f"{path}:fer2013", f"{tmp_path / 'two'}:fer2013"):
        assert load_model(name).labels == "fer2013"
    assert load_model(path).labels == "ferplus"
    with pytest.raises(WeightsError, match="no label set 'rafdb'"):
        load_model(f"{path}:rafdb")
    assert split_labels("C:weights") == ("C:weights", None)
    odd = tmp_path / "a:b"
    odd.mkdir()
    assert split_labels(odd) == (str(odd), None)


def test_contempt_is_switched_off_by_a_seven_behind_the_name(tmp_path):
    first, second = models()
    path = save_model(tmp_path / "two", first, first.card, others=[second])
    faces = torch.randint(0, 256, (5, 48, 48), dtype=torch.uint8)
    eight, seven = load_model(path), load_model(f"{path}:ferplus7")
    assert seven.expressions == ("happy", "sad")
    assert seven.labels == "ferplus7"
    assert "results" not in seven.card, "those are of all expressions"
    assert set(seven.card["label_sets"]) == {"fer2013"}
    kept = eight.probabilities(faces)[:, [0, 2]]
    torch.testing.assert_close(seven.probabilities(faces), kept / kept.sum(1, keepdim=True))
    again = load_model(save_model(tmp_path / "seven", seven))
    assert torch.equal(again.probabilities(faces), seven.probabilities(faces))
    with pytest.raises(WeightsError, match="no label set 'fer20137'"):
        load_model(f"{path}:fer20137")


def test_a_label_set_that_fits_is_named_where_the_first_does_not(tmp_path):
    first, second = models()
    loaded = load_model(save_model(tmp_path / "two", first, first.card, others=[second]))
    assert unlike(loaded, ["happy", "sad"]).endswith("MODEL:fer2013")
    assert unlike(loaded, ["a", "b"], "teacher") == (
        "the teacher knows the expressions happy, contempt, sad; the faces are labeled a, b"
    )
