"""Names of the methods, and how settings become a method."""

from typing import Any

from pydantic import BaseModel

from asdcfer.errors import RecipeError
from asdcfer.methods.asdc import Asdc
from asdcfer.methods.attention_masked import AttentionMasked
from asdcfer.methods.byol import Byol
from asdcfer.methods.contrawarp import Contrawarp
from asdcfer.methods.dino import Dino
from asdcfer.methods.disco import Disco
from asdcfer.methods.distillation import Distillation
from asdcfer.methods.feature_distillation import FeatureDistillation
from asdcfer.methods.masked import Masked
from asdcfer.methods.method import Method
from asdcfer.methods.mirrored import Mirrored
from asdcfer.methods.moco import Moco
from asdcfer.methods.motion import Motion
from asdcfer.methods.occluded import Occluded
from asdcfer.methods.parts import Parts
from asdcfer.methods.resa import Resa
from asdcfer.methods.seed import Seed
from asdcfer.methods.simclr import Simclr
from asdcfer.methods.supcon import Supcon
from asdcfer.methods.supervised import Supervised
from asdcfer.methods.swav import Swav
from asdcfer.methods.teacher import Teacher
from asdcfer.methods.vicreg import Vicreg
from asdcfer.models.encoder import Encoder
from asdcfer.nearest_name import did_you_mean
from asdcfer.validation import validate_options

METHODS: dict[str, type[Method]] = {
    "moco": Moco,
    "asdc": Asdc,
    "feature_distillation": FeatureDistillation,
    "simclr": Simclr,
    "byol": Byol,
    "vicreg": Vicreg,
    "dino": Dino,
    "swav": Swav,
    "resa": Resa,
    "seed": Seed,
    "disco": Disco,
    "distillation": Distillation,
    "supcon": Supcon,
    "supervised": Supervised,
    "mirrored": Mirrored,
    "contrawarp": Contrawarp,
    "parts": Parts,
    "attention_masked": AttentionMasked,
    "occluded": Occluded,
    "masked": Masked,
    "motion": Motion,
}
"""Name -> method. Its line here is all that a new method adds outside its own file."""


def learns_from_labels(name: str) -> bool:
    """Return whether a stage of this method is given the labels of its faces.

    Args:
        name: one of `METHODS`, or what a recipe says of a stage that trains no method ("fit").

    Example:
        >>> [learns_from_labels(name) for name in ("supcon", "asdc", "fit")]
        [True, False, False]
    """
    return name in METHODS and METHODS[name].needs_labels


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
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> type(build_method("moco", encoder, {"queue_size": 64})).__name__
        'Moco'
    """
    if name not in METHODS:
        raise RecipeError(f"there is no method {name!r}{did_you_mean(name, METHODS)}")
    method = METHODS[name]
    if isinstance(options, BaseModel) and not isinstance(options, method.Options):
        raise RecipeError(
            f"method {name!r} takes {method.Options.__name__}, not {type(options).__name__}"
        )
    settings = (
        options
        if isinstance(options, BaseModel)
        else validate_options(method.Options, options or {}, name)
    )
    if method.needs_teacher:
        if teacher is None:
            raise RecipeError(
                f"method {name!r} needs a teacher; train one first (method 'moco' or 'fit'), or "
                "name an encoder's file"
            )
        return method(encoder, teacher, settings)
    if teacher is not None:
        raise RecipeError(f"method {name!r} has no teacher; use 'asdc' to distill one")
    return method(encoder, settings)
