"""Options of a method and arguments of an encoder, checked before anything is trained."""

import pytest

from asdcfer.errors import RecipeError
from asdcfer.methods.registry import METHODS
from asdcfer.training.pretrain.recipe import ProbeOptions, StageOptions
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.training.pretrain.recipe_validation import (
    FIT,
    KEEP,
    check_poolings,
    effective_stage,
    needs_teacher,
)


def test_an_encoder_that_is_fitted_may_be_the_teacher():
    recipe = load_recipe(
        "sample",
        [
            "teacher={method: fit, encoder: {name: patches, arguments: {centroids: 16}}, options: "
            "{patches: 1000}}"
        ],
    )
    assert recipe.teacher.method == "fit"
    with pytest.raises(RecipeError, match=r"did you mean teacher\.options\.rounds"):
        load_recipe(
            "sample", ["teacher={method: fit, encoder: {name: patches}, options: {round: 10}}"]
        )


def stage(**values) -> StageOptions:
    return StageOptions.model_validate({"encoder": {"name": "mobile"}, **values})


def test_options_of_the_method_become_complete():
    found = effective_stage(stage(method="moco", options={"queue_size": 100}), "teacher")
    assert found.options["queue_size"] == 100
    assert set(found.options) == set(METHODS["moco"].Options.model_fields)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_method_says_itself_whether_it_needs_a_teacher(method):
    assert needs_teacher(stage(method=method)) is METHODS[method].needs_teacher


@pytest.mark.parametrize("method", [FIT, KEEP])
def test_what_is_fitted_or_kept_needs_none(method):
    assert not needs_teacher(stage(method=method))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "moko"}, r"unknown method here\.method=moko; did you mean moco\?"),
        ({"method": "keep"}, r"here\.method=keep wants here\.start"),
        ({"method": "fit"}, "is for encoders that learn without gradients"),
        (
            {"encoder": {"name": "mobile", "pooling": "gird"}},
            r"unknown pooling here\.encoder\.pooling=gird; did you mean grid\?",
        ),
        (
            {"encoder": {"name": "mobile", "arguments": {"widht": 1}}},
            r"here\.encoder\.arguments\.widht; did you mean here\.encoder\.arguments\.width\?",
        ),
    ],
)
def test_the_place_of_a_fault_is_named(values, message):
    with pytest.raises(RecipeError, match=message):
        effective_stage(stage(**{"method": "moco", **values}), "here")


@pytest.mark.parametrize("method", sorted(METHODS))
def test_views_that_a_method_would_not_look_at_are_refused(method):
    found = METHODS[method]
    warped = stage(method=method, views={"warp_negatives": 1})
    moments = stage(method=method, views={"temporal": 1})
    for views, read, message in (
        (warped, found.reads_warps, rf"warp_negatives=1 would do nothing: {method} compares"),
        (moments, not found.needs_tracks, rf"temporal=1 would do nothing: {method} finds other"),
    ):
        if read:
            assert effective_stage(views, "student").views == views.views
        else:
            with pytest.raises(RecipeError, match=rf"^student\.views\.{message} .*; set student"):
                effective_stage(views, "student")


def test_motion_names_the_option_that_it_has_instead():
    with pytest.raises(RecipeError, match=r"itself, by teacher\.options\.within; set teacher"):
        load_recipe("motion", ["teacher.views.temporal=0.5"])


def test_poolings_of_probes_are_checked():
    check_poolings(ProbeOptions.model_validate({"poolings": ["global", "flattened"]}))
    with pytest.raises(RecipeError, match=r"probes\.poolings\.0=globl; did you mean global"):
        check_poolings(ProbeOptions.model_validate({"poolings": ["globl"]}))
