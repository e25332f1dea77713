"""Methods by name."""

import pytest

from asdcfer.errors import RecipeError
from asdcfer.methods.asdc import Asdc
from asdcfer.methods.asdc_options import AsdcOptions
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.methods.registry import METHODS, build_method
from asdcfer.methods.teacher import Teacher
from tests.factories import SMALL, small_encoder, small_teacher_encoder
from tests.factories import small_teacher as teacher


def test_methods_are_built_by_name_and_say_what_is_wrong():
    method = build_method("asdc", small_encoder(), SMALL | {"w_joint": 0.5}, teacher())
    assert isinstance(method, Asdc)
    assert method.options.w_joint == 0.5
    assert isinstance(
        build_method(
            "asdc", small_encoder(), AsdcOptions(**SMALL), small_teacher_encoder()
        ).teacher,
        Teacher,
    )
    for name, options, frozen, words in (
        ("mocco", {}, None, r"did you mean moco\?"),
        (
            "moco",
            {"temprature": 0.1},
            None,
            r"unknown key moco\.temprature; did you mean moco\.temperature\?",
        ),
        ("moco", {"temperature": -1}, None, r"moco\.temperature: .*greater than 0 \(got -1\)"),
        ("moco", {}, teacher(), "has no teacher"),
        ("asdc", {}, None, "needs a teacher"),
    ):
        with pytest.raises(RecipeError, match=words):
            build_method(name, small_encoder(), options, frozen)


def test_options_of_another_method_are_refused():
    with pytest.raises(RecipeError, match="takes FeatureDistillationOptions, not MocoOptions"):
        build_method("feature_distillation", small_encoder(), MocoOptions(), teacher())


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_defaults_and_refuses_unknown_options(name):
    method = METHODS[name]
    assert method.fit_to_dataset(method.Options(), 10**9) == method.Options()
    with pytest.raises(ValueError, match="extra"):
        method.Options(no_such_option=1)
