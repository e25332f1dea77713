"""Which settings a run may not change when it is resumed."""

from asdcfer.training.engine.resume_checks import changed_settings, differences
from asdcfer.training.finetune.options import FinetuneOptions
from tests.training.standin import stage

QUICK = {"batch_size": 20, "epochs": 3, "precision": "32", "ema": 0.5}


def test_checkpoint_older_than_an_option_is_taken_up_with_its_default() -> None:
    options = FinetuneOptions(**QUICK)
    old = {
        key: value for key, value in options.model_dump(mode="json").items() if key != "resolution"
    }
    assert changed_settings(old, options) == []
    grown = options.model_copy(update={"resolution": [(0.0, 16)]})
    assert changed_settings(old, grown) == ["resolution"]
    assert "gone" in changed_settings({"gone": 1}, options)


def test_what_touches_no_weight_may_change() -> None:
    before = stage().model_dump(mode="json")
    assert changed_settings(before, stage(log_every=1, checkpoint_every=7)) == []
    assert changed_settings(before, stage(epochs=9)) == ["epochs"]


def test_differences_are_dotted_keys_of_both_sides() -> None:
    assert differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}, "d": 4}) == ["a.b", "c", "d"]
