"""Names of the encoders, and how a spec becomes an encoder."""

from itertools import chain

import torch
from torch import nn

from asdcfer.errors import RecipeError
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.label_free.fisher import Fisher
from asdcfer.models.label_free.patches import Patches
from asdcfer.models.mobilenet import Mobile
from asdcfer.models.nano_resnet import NanoResNet
from asdcfer.models.resnet import ResNet18, ResNet34, ResNet50
from asdcfer.models.vit import VisionTransformer
from asdcfer.nearest_name import did_you_mean

ENCODERS: dict[str, type[Encoder]] = {
    "resnet18": ResNet18,
    "resnet34": ResNet34,
    "resnet50": ResNet50,
    "mobile": Mobile,
    "nano_resnet": NanoResNet,
    "vit": VisionTransformer,
    "patches": Patches,
    "fisher": Fisher,
}
"""Name -> encoder; constructed as `ENCODERS[name](channels=spec.preprocessing.channels,
**spec.arguments)`.
"""


def build_encoder(spec: EncoderSpec) -> Encoder:
    """Return a new encoder with random weights from torch's generator.

    Args:
        spec: name, arguments, pooling and preprocessing.

    Raises:
        RecipeError: an unknown encoder or pooling, or an impossible argument; the message names the
            nearest valid name.

    Example:
        >>> spec = EncoderSpec(name="mobile", arguments={"width": 0.5}, pooling="stages")
        >>> build_encoder(spec).feature_dim
        240
    """
    if spec.name not in ENCODERS:
        raise RecipeError(f"there is no encoder {spec.name!r}{did_you_mean(spec.name, ENCODERS)}")
    try:
        encoder = ENCODERS[spec.name](channels=spec.preprocessing.channels, **spec.arguments)
    except (TypeError, ValueError) as error:
        raise RecipeError(
            f"encoder {spec.name!r} does not take {spec.arguments}: {error}"
        ) from error
    return encoder.follow(spec)


def at_side(encoder: Encoder, side: int) -> Encoder:
    """Return an encoder with the same weights, not copied, that is given faces of another side.

    Args:
        encoder: it is left as it is.
        side: of the faces, pixels; larger ones give larger maps, and a feature of the same width
            unless it counts positions ("flattened").

    Example:
        >>> encoder = build_encoder(EncoderSpec(name="mobile"))
        >>> at_side(encoder, 64).preprocessing.size, encoder.preprocessing.size
        (64, 48)
    """
    other = _with_shared_weights(encoder)
    other.spec = encoder.spec.model_copy(
        update={"preprocessing": encoder.preprocessing.model_copy(update={"size": side})}
    )
    return other


def pooled_by(encoder: Encoder, pooling: str, **arguments: object) -> Encoder:
    """Return an encoder with the same weights (shared, not copied) and another pooling.

    Args:
        encoder: where maps come from; it is left as it is.
        pooling: name, one of `models.pooling.POOLINGS`.
        **arguments: of the pooling.

    Example:
        >>> encoder = build_encoder(EncoderSpec(name="mobile"))
        >>> pooled_by(encoder, "grid", map=2, cells=2).feature_dim, encoder.feature_dim
        (384, 384)
    """
    other = _with_shared_weights(encoder)
    other.follow(
        encoder.spec.model_copy(update={"pooling": pooling, "pooling_arguments": dict(arguments)})
    )
    like = next(chain(encoder.parameters(), encoder.buffers()), torch.zeros(()))
    other.pooling.to(like.device).train(encoder.training)
    return other


def _with_shared_weights(encoder: Encoder) -> Encoder:
    """Return another encoder around the same modules and tensors.

    Its spec and pooling can be set without touching the first.
    """
    other = encoder.__class__.__new__(encoder.__class__)
    nn.Module.__init__(other)
    vars(other).update(vars(encoder))
    for name in ("_modules", "_parameters", "_buffers"):
        vars(other)[name] = dict(vars(encoder)[name])
    return other
