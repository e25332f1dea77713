"""Options of fine-tuning: what "auto" becomes, and what cannot be."""

import pytest

from asdcfer.errors import RecipeError
from asdcfer.training.finetune.options import FinetuneOptions, UnlabeledOptions
from asdcfer.validation import validate_options


@pytest.mark.parametrize(
    ("optimizer", "rate", "decay"), [("sgd", 0.05, 5e-4), ("adamw", 1e-3, 0.05)]
)
def test_auto_depends_on_the_optimizer(optimizer, rate, decay) -> None:
    options = FinetuneOptions(optimizer=optimizer)
    assert (options.peak, options.decay) == (rate, decay)
    built = options.optimizer_options
    assert (built.name, built.learning_rate, built.weight_decay) == (optimizer, rate, decay)
    assert built.per_images is None, "the rate is not scaled with the batch"
    given = FinetuneOptions(optimizer=optimizer, learning_rate=0.3, weight_decay=0)
    assert (given.peak, given.decay) == (0.3, 0)


def test_effective_options_say_no_auto_and_give_the_same_run() -> None:
    for precision in ("auto", "bf16", "32"):
        options = FinetuneOptions(precision=precision)
        effective = options.effective("cpu")
        assert "auto" not in effective.model_dump().values()
        assert effective.wants_bf16("cpu") is options.wants_bf16("cpu")
        assert effective.optimizer_options == options.optimizer_options


def test_a_number_is_a_precision_too() -> None:
    assert validate_options(FinetuneOptions, {"precision": 32}).precision == "32"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 0}, r"epochs=0 trains nothing.*classifier_start=probe"),
        ({"epoch": 3}, "did you mean epochs"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"side": 8}, "greater than or equal to 16"),
    ],
)
def test_what_cannot_be_is_one_line(values, message) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        validate_options(FinetuneOptions, values)
    assert "\n" not in str(caught.value)


def test_weak_views_hardly_move_a_face_and_strong_ones_do() -> None:
    options = UnlabeledOptions()
    weak, strong = options.weak_views(48), options.strong_views(48)
    assert weak.size == strong.size == 48
    assert weak.rotate == weak.brightness == weak.blur == weak.erase == 0
    assert strong.rotate > 0
    assert strong.erase > 0
    assert weak.crop_area[0] > strong.crop_area[0]
