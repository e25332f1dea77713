"""`asdcfer finetune --like`: the options of a published model, from its card."""

import pytest

from asdcfer.api.fine_tuning import options_of
from asdcfer.errors import RecipeError, WeightsError
from asdcfer.models.weights import load_model
from asdcfer.training.finetune.options import FinetuneOptions


@pytest.mark.parametrize("name", ["default", "resnet18_finetuned"])
def test_the_options_of_a_shipped_model_are_those_of_its_card(name):
    options = FinetuneOptions(**options_of(name))
    assert (
        options.model_dump(mode="json").items() >= dict(load_model(name).card["finetune"]).items()
    )
    assert options.epochs > 1
    assert options.tta


def test_an_encoder_has_none():
    with pytest.raises(RecipeError, match="names no options of fine-tuning"):
        options_of("resnet18")


def test_a_name_that_is_none_is_refused(tmp_path):
    with pytest.raises(WeightsError):
        options_of(str(tmp_path / "nothing.safetensors"))
