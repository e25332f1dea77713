"""READMEs of shared models say what hubs and people want to know, from the card alone."""

from pathlib import Path

import pytest
import yaml

from asdcfer.export.hub_readme import hub_readme
from asdcfer.models.cards import LAW
from asdcfer.models.find_weights import list_models

CARDS = {card["name"]: card for card in list_models()}


def metadata(text: str) -> dict:
    _, head, _ = text.split("---\n", 2)
    return yaml.safe_load(head)


@pytest.mark.parametrize("name", CARDS)
def test_every_shipped_card_makes_one(name) -> None:
    card = CARDS[name]
    text = hub_readme(name, card)
    about = metadata(text)
    assert about["license"] == "mit"
    assert about["library_name"] == "asdcfer"
    model = card["kind"] == "model"
    assert about["pipeline_tag"] == (
        "image-classification" if model else "image-feature-extraction"
    )
    assert text.count(LAW) == 1
    assert "# What it can not tell" in text
    if not card["results"]:
        assert "model-index" not in about
        return
    (index,) = about["model-index"]
    assert index["name"] == name
    told = {round(r["accuracy"], 4) for r in card["results"]}
    for head in (card.get("label_sets") or {}).values():
        told |= {round(r["accuracy"], 4) for r in head["results"]}
    for entry in index["results"]:
        assert entry["task"]["type"] == "image-classification"
        assert entry["dataset"].keys() == {"type", "name", "split"}
        (metric,) = entry["metrics"]
        assert metric["value"] in told
        # What was chosen on it, or spoiled on purpose, is no result.
        assert entry["dataset"]["split"] not in ("public", "union")


@pytest.mark.parametrize(
    ("told", "labels"),
    [
        ({"stage": {"method": "asdc"}}, False),
        ({"stage": {"method": "asdc"}, "saw_labels": True}, True),
        ({"stage": {"method": "supcon"}}, True),
    ],
)
def test_an_encoder_that_saw_labels_is_not_called_self_supervised(told, labels) -> None:
    text = hub_readme("mine", {"kind": "encoder", "encoder": {"name": "mobile"}, **told})
    assert ("Its training saw labels of expressions" in text) is labels
    assert ("learns without labels" in text) is not labels
    assert ("self-supervised-learning" in metadata(text)["tags"]) is not labels


def test_a_number_names_its_conditions() -> None:
    found = metadata(hub_readme("light", CARDS["light"]))["model-index"][0]["results"]
    names = [entry["metrics"][0]["name"] for entry in found]
    assert len(set(zip(names, [e["dataset"]["name"] for e in found], strict=True))) == len(found)
    assert any("without near duplicates" in name for name in names)
    assert any("labels fer2013" in name for name in names)


def test_a_card_of_little_says_little_and_another_license_is_named() -> None:
    card = {"kind": "model", "license": "CC-BY-NC-4.0", "encoder": {}, "expressions": ["a", "b"]}
    text = hub_readme("mine", card, onnx=True)
    about = metadata(text)
    assert (about["license"], about["license_name"]) == ("other", "CC-BY-NC-4.0")
    assert "model-index" not in about
    assert "Nothing was measured" in text
    assert "`a`, `b`" in text
    assert "model.onnx" in text
    assert "model.onnx" not in hub_readme("mine", card)


def test_names_that_yaml_would_misread_come_back(tmp_path: Path) -> None:
    name = 'yes: "no" # 1\nü'
    card = CARDS["light"]
    assert metadata(hub_readme(name, card))["model-index"][0]["name"] == name
