"""`finetune` from Python, and the options that a card tells."""

from pathlib import Path

import pytest

from asdcfer import api
from asdcfer.api.fine_tuning import options_of
from asdcfer.data.pack import Pack
from asdcfer.errors import AsdcferError, RecipeError, WeightsError
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_model
from asdcfer.training.finetune.options import FinetuneOptions
from tests.factories import Heard


@pytest.mark.slow
def test_finetune(few: Pack, encoder: Encoder, tmp_path: Path, heard: Heard) -> None:
    options = {"epochs": 1, "batch_size": 32, "precision": "32"}
    found = api.finetune(encoder, few, tmp_path / "tuned", options, progress=heard)
    assert found.weights.is_file()
    assert [result.kind for result in found.results] == ["finetune", "finetune"]
    assert any(line.startswith("epoch 1/1") for line in heard.lines)
    (told,) = (line for line in heard.lines if line.startswith("options: "))
    card = load_model(found.weights).card["finetune"]
    assert told.split(" (")[0] == (
        "options: epochs=1, batch_size=32, learning_rate=0.05, weight_decay=0.0005, precision=32"
    )
    assert told.endswith(f"(the model's card will hold all {len(FinetuneOptions.model_fields)})")
    assert card.keys() >= {"learning_rate", "mixup", "weak_tta"}
    measured = api.evaluate(found.weights, few).results
    assert all(result.matches_card for result in measured)
    with pytest.raises(RecipeError, match="did you mean epochs"):
        api.finetune(encoder, few, tmp_path / "other", {"epoch": 1})
    with pytest.raises(AsdcferError, match="holds a fine-tuned model"):
        api.finetune(encoder, few, tmp_path / "tuned", options)


@pytest.mark.parametrize("name", ["default", "resnet18_finetuned", "nano"])
def test_the_options_of_a_shipped_model_are_those_of_its_card(name):
    options = FinetuneOptions(**options_of(name))
    assert (
        options.model_dump(mode="json").items() >= dict(load_model(name).card["finetune"]).items()
    )
    assert options.epochs > 1
    assert options.cutmix == 1


def test_an_encoder_has_none():
    with pytest.raises(RecipeError, match="names no options of fine-tuning"):
        options_of("resnet18")


def test_a_name_that_is_none_is_refused(tmp_path):
    with pytest.raises(WeightsError):
        options_of(str(tmp_path / "nothing.safetensors"))
