"""Names of the methods, and how settings become a method."""

from typing import Any

from pydantic import BaseModel

from asdcfer.errors import RecipeError
from asdcfer.methods.asdc import Asdc, AsdcOptions
from asdcfer.methods.feature_distillation import FeatureDistillation, FeatureDistillationOptions
from asdcfer.methods.method import Method
from asdcfer.methods.moco import Moco, MocoOptions
from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import Encoder
from asdcfer.validation import did_you_mean, validate_options

METHODS: dict[str, type[Method]] = {
    "moco": Moco,
    "asdc": Asdc,
    "feature_distillation": FeatureDistillation,
}
"""Name -> method."""

TAUGHT = {"asdc", "feature_distillation"}
"""Methods that learn under a frozen teacher."""

OPTIONS: dict[str, type[BaseModel]] = {
    "moco": MocoOptions,
    "asdc": AsdcOptions,
    "feature_distillation": FeatureDistillationOptions,
}
"""Name -> its settings."""


def build_method(
    name: str,
    encoder: Encoder,
    options: dict[str, Any] | BaseModel | None = None,
    teacher: Teacher | Encoder | None = None,
) -> Method:
    """Return a new method around an encoder.

    Args:
        name: one of `METHODS`.
        encoder: what is learnt.
        options: settings of that method, as a mapping or already typed; None for the defaults.
        teacher: frozen teacher, for methods that have one.

    Raises:
        RecipeError: an unknown method or setting (the nearest valid name is given), an impossible
            value, a teacher missing or not wanted.
        TrainingError: the teacher's maps cannot be aligned.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> type(build_method("moco", build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25})), {"queue_size": 64})).__name__
        'Moco'
    """
    if name not in METHODS:
        raise RecipeError(f"there is no method {name!r}{did_you_mean(name, METHODS)}")
    settings = (
        options
        if isinstance(options, OPTIONS[name])
        else validate_options(OPTIONS[name], options or {}, name)
    )
    if name in TAUGHT:
        if teacher is None:
            raise RecipeError(
                f"method {name!r} needs a teacher; train one first (method 'moco' or 'fit'), or "
                "name an encoder's file"
            )
        return METHODS[name](encoder, teacher, settings)
    if teacher is not None:
        raise RecipeError(f"method {name!r} has no teacher; use 'asdc' to distill one")
    return METHODS[name](encoder, settings)
