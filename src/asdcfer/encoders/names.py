"""Names of the encoders, and how a spec becomes an encoder."""

import difflib

from torch import nn

from asdcfer.encoders.contract import Encoder, EncoderSpec
from asdcfer.encoders.mobile import Mobile
from asdcfer.encoders.patches import Patches
from asdcfer.encoders.pooling import build_pooling
from asdcfer.encoders.resnet import ResNet18, ResNet34, ResNet50
from asdcfer.errors import RecipeError

ENCODERS: dict[str, type[Encoder]] = {"resnet18": ResNet18, "resnet34": ResNet34, "resnet50": ResNet50, "mobile": Mobile, "patches": Patches}
"""Name -> encoder; constructed as `ENCODERS[name](channels=spec.preprocessing.channels, **spec.arguments)`."""


def build_encoder(spec: EncoderSpec, max_dim: int | None = None) -> Encoder:
    """Return a new encoder with random weights from torch's generator.

    Args:
        spec: name, arguments, pooling and preprocessing.
        max_dim: refuse a feature wider than this.

    Raises:
        RecipeError: an unknown encoder or pooling, or an impossible argument; the message names the nearest valid name.

    Example:
        >>> build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.5}, pooling="stages")).feature_dim
        240
    """
    if spec.name not in ENCODERS:
        near = difflib.get_close_matches(spec.name, ENCODERS, 1, 0.0)[0]
        raise RecipeError(f"there is no encoder {spec.name!r}; did you mean {near!r}? There are {', '.join(ENCODERS)}")
    try:
        encoder = ENCODERS[spec.name](channels=spec.preprocessing.channels, **spec.arguments)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"encoder {spec.name!r} does not take {spec.arguments}: {error}") from error
    encoder.spec = spec
    encoder.pooling = build_pooling(spec.pooling, encoder.map_channels, spec.pooling_arguments, max_dim)
    return encoder


def pooled_by(encoder: Encoder, pooling: str, max_dim: int | None = None, **arguments: object) -> Encoder:
    """Return an encoder with the same weights (shared, not copied) and another pooling.

    Args:
        encoder: where maps come from; it is left as it is.
        pooling: name, one of `encoders.pooling.POOLINGS`.
        max_dim: refuse a feature wider than this.
        **arguments: of the pooling.

    Example:
        >>> encoder = build_encoder(EncoderSpec(name="mobile"))
        >>> pooled_by(encoder, "grid", map=2, cells=2).feature_dim, encoder.feature_dim
        (384, 384)
    """
    other = encoder.__class__.__new__(encoder.__class__)
    nn.Module.__init__(other)
    other.__dict__.update({k: v for k, v in encoder.__dict__.items() if k not in ("_modules", "_parameters", "_buffers")})
    other._modules, other._parameters, other._buffers = dict(encoder._modules), dict(encoder._parameters), dict(encoder._buffers)
    device = next(encoder.parameters(), next(encoder.buffers())).device
    other.pooling = build_pooling(pooling, encoder.map_channels, arguments, max_dim).to(device).train(encoder.training)
    other.spec = encoder.spec.model_copy(update={"pooling": pooling, "pooling_arguments": dict(arguments)})
    return other
