"""Check the options of a stage's method and the arguments of its encoder."""

import inspect
from typing import Any

from pydantic import ValidationError

from asdcfer.errors import RecipeError, WeightsError
from asdcfer.methods.principal_projector import PrincipalQueryOptions
from asdcfer.methods.registry import METHODS
from asdcfer.models.cards import read_card
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.find_weights import find_encoder
from asdcfer.models.pooling import FLATTENED, POOLINGS
from asdcfer.models.registry import ENCODERS
from asdcfer.nearest_name import did_you_mean
from asdcfer.training.pretrain.recipe import ProbeOptions, StageOptions
from asdcfer.validation import validate_options

KEEP = "keep"
"""The method of a stage that trains nothing: the weights that it starts from, as they are. Its
options are those of the query vectors that they may get, see `methods.principal_projector`.
"""

FIT = "fit"
"""The method of encoders that learn without gradients: their own `fit(images, ...)`; the stage's
options are its keyword arguments.
"""


def needs_teacher(stage: StageOptions) -> bool:
    """Return whether a stage learns under a frozen teacher."""
    return stage.method not in (FIT, KEEP) and METHODS[stage.method].needs_teacher


def kept_options(stage: StageOptions, section: str) -> PrincipalQueryOptions:
    """Return the options of a stage that keeps its weights.

    Raises:
        RecipeError: an unknown option, with the nearest valid name.
    """
    return validate_options(PrincipalQueryOptions, stage.options, f"{section}.options")


def effective_stage(stage: StageOptions, section: str) -> StageOptions:
    """Return the stage with the options of its method checked and complete.

    Args:
        stage: typed, but with free dictionaries for options and arguments.
        section: one of `recipe.SECTIONS`, for messages.

    Raises:
        RecipeError: an unknown method, encoder, pooling, option or argument, with the nearest valid
            name.
    """
    if stage.start is not None:
        stage = stage.model_copy(update={"encoder": _spec_of(stage.start, section)})
    elif stage.method == KEEP:
        raise RecipeError(f"{section}.method=keep wants {section}.start, the weights that it keeps")
    spec = stage.encoder
    if spec.name not in ENCODERS:
        raise RecipeError(
            f"unknown encoder {section}.encoder.name={spec.name}{did_you_mean(spec.name, ENCODERS)}"
        )
    if spec.pooling not in POOLINGS:
        raise RecipeError(
            "unknown pooling "
            f"{section}.encoder.pooling={spec.pooling}{did_you_mean(spec.pooling, POOLINGS)}"
        )
    _check_arguments(
        ENCODERS[spec.name], spec.arguments, {"self", "channels"}, f"{section}.encoder.arguments"
    )
    _check_arguments(
        POOLINGS[spec.pooling],
        spec.pooling_arguments,
        {"self", "map_channels"},
        f"{section}.encoder.pooling_arguments",
    )
    fit = getattr(ENCODERS[spec.name], "fit", None)
    if stage.method == FIT:
        if fit is None:
            raise RecipeError(
                f"{section}.method=fit is for encoders that learn without gradients (patches); "
                f"{spec.name} wants moco or asdc"
            )
        _check_arguments(
            fit,
            stage.options,
            {"self", "images", "report", "seed"},
            f"{section}.options",
        )
        return stage
    if stage.method == KEEP:
        kept = kept_options(stage, section).model_dump(mode="json")
        return stage.model_copy(update={"options": kept})
    if stage.method not in METHODS:
        raise RecipeError(
            "unknown method "
            f"{section}.method={stage.method}{did_you_mean(stage.method, [*METHODS, FIT, KEEP])}"
        )
    if fit is not None:
        raise RecipeError(
            f"{section}.encoder.name={spec.name} has no gradients to train; use "
            f"{section}.method=fit"
        )
    _check_views(stage, section)
    options = validate_options(METHODS[stage.method].Options, stage.options, f"{section}.options")
    return stage.model_copy(update={"options": options.model_dump(mode="json")})


def _check_views(stage: StageOptions, section: str) -> None:
    """Refuse views that the method would not look at."""
    method, views = METHODS[stage.method], stage.views
    if views.warp_negatives > 0 and not method.reads_warps:
        raise RecipeError(
            f"{section}.views.warp_negatives={views.warp_negatives} would do nothing: "
            f"{stage.method} compares no warped faces; set {section}.views.warp_negatives=0"
        )
    if views.temporal > 0 and method.needs_tracks:
        own = f", by {section}.options.within" if "within" in method.Options.model_fields else ""
        raise RecipeError(
            f"{section}.views.temporal={views.temporal:g} would do nothing: {stage.method} finds "
            f"other moments of a face itself{own}; set {section}.views.temporal=0"
        )


def _spec_of(start: str, section: str) -> EncoderSpec:
    try:
        return EncoderSpec.model_validate(read_card(find_encoder(start))["encoder"])
    except (WeightsError, ValidationError) as error:
        raise RecipeError(f"{section}.start={start}: {error}") from error


def check_poolings(probes: ProbeOptions) -> None:
    """Check the poolings that are measured beside an encoder's own.

    Raises:
        RecipeError: an unknown pooling or argument, with the nearest valid name.
    """
    for number, choice in enumerate(probes.poolings):
        place = f"probes.poolings.{number}"
        if choice.pooling == FLATTENED:
            unknown = next((name for name in choice.arguments if name != "map"), None)
            if unknown is not None:
                nearest = did_you_mean(unknown, ["map"], f"{place}.arguments")
                raise RecipeError(f"unknown key {place}.arguments.{unknown}{nearest}")
        elif choice.pooling not in POOLINGS:
            raise RecipeError(
                "unknown pooling "
                f"{place}={choice.pooling}{did_you_mean(choice.pooling, [*POOLINGS, FLATTENED])}"
            )
        else:
            _check_arguments(
                POOLINGS[choice.pooling],
                choice.arguments,
                {"self", "map_channels"},
                f"{place}.arguments",
            )


def _check_arguments(function: Any, arguments: dict[str, Any], own: set[str], place: str) -> None:
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    valid = {p.name for p in parameters} - own
    for name in arguments:
        if name not in valid:
            raise RecipeError(f"unknown key {place}.{name}{did_you_mean(name, valid, place)}")
