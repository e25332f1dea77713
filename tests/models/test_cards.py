"""The cards of the weights in the package."""

import pytest

from asdcfer.models import cards, find_weights
from asdcfer.models.find_weights import list_models
from asdcfer.models.weights import (
    load_model,
)

MUST_SAY = {"data", "seed", "commit", "recipe", "intended_use", "misuse", "caveats", "license"}


def test_the_weights_of_the_package_are_small_enough_to_ship():
    listed = {card["name"]: card for card in list_models()}
    assert set(listed) == {"light", "light_encoder", "nano", "resnet18", "resnet18_finetuned"}
    assert sum(path.stat().st_size for path in find_weights.WEIGHTS_FOLDER.iterdir()) < 40e6
    assert listed["nano"]["parameters"] <= 0.3e6
    assert listed["light_encoder"]["parameters"] <= 2.5e6
    assert listed["resnet18"]["feature_dim"] <= 8192
    assert all(set(card) >= MUST_SAY for card in listed.values())
    assert all(cards.LAW in card["misuse"] for card in listed.values())
    assert all(card["stage"]["method"] == "asdc" for card in listed.values() if "stage" in card)


@pytest.mark.parametrize("name", ["light", "nano", "resnet18_finetuned"])
def test_a_shipped_model_was_measured_under_each_of_its_label_sets(name):
    card = cards.read_card(find_weights.WEIGHTS_FOLDER / f"{name}.safetensors")
    assert card["labels"] == "ferplus"
    assert not card["tta"], "one pass is enough"
    for labels, test_set, head in (
        ("ferplus", "ferplus", card),
        ("fer2013", "private", card["label_sets"]["fer2013"]),
    ):
        model = load_model(f"{name}:{labels}")
        assert list(model.expressions) == head["expressions"]
        assert ("contempt" in model.expressions) == (labels == "ferplus")
        found = [one for one in head["results"] if one["evaluated_on"] == test_set]
        ways = {(one.get("twins_removed") is None, one["protocol"]["tta"]) for one in found}
        assert ways == {(kept, tta) for kept in (True, False) for tta in ("none", "probabilities")}
        assert all(set(one["per_class_recall"]) >= set(head["expressions"]) for one in found)
        assert all(one["calibration_error"] < 0.1 for one in found)
