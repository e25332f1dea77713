"""Parameter groups: which share of the learning rate each part of a network learns at.

Layer-wise decay: a block of the encoder learns more slowly the deeper below the output it lies, so
that what pretraining put there survives the first noisy gradients of a new classifier.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from asdcfer.models.encoder import Encoder


@dataclass(frozen=True)
class RatedParameters:
    """Parameters that learn at one share of the peak learning rate.

    Attributes:
        parameters: trainable ones.
        share: of the peak, at least 0.
    """

    parameters: Sequence[nn.Parameter]
    share: float = 1.0


def rated_parameters(
    module: nn.Module, encoder: Encoder, layer_decay: float = 1.0, encoder_share: float = 1.0
) -> list[RatedParameters]:
    """Return the trainable parameters of a module with the share that each learns at.

    `share(block b of B) = encoder_share * layer_decay^(B - 1 - b)` in the encoder, 1 elsewhere.

    Args:
        module: what is trained; holds `encoder`.
        encoder: whose blocks learn more slowly.
        layer_decay: each block learns at this share of the block above it, in 0..1.
        encoder_share: the encoder's last block learns at this share of the rest of the module.

    Returns:
        The encoder's blocks from the lowest up, then the rest; all parameters as one where every
        share is 1.

    Source: Clark et al., ELECTRA (ICLR 2020), appendix A, as "layerwise learning-rate decay".

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> model = nn.Sequential(encoder, nn.Linear(encoder.feature_dim, 7))
        >>> [rated.share for rated in rated_parameters(model, encoder, layer_decay=0.5)]
        [0.0625, 0.125, 0.25, 0.5, 1.0, 1.0]
    """
    trainable = [p for p in module.parameters() if p.requires_grad]
    if layer_decay == 1.0 and encoder_share == 1.0:
        return [RatedParameters(trainable)]
    blocks = encoder.blocks()
    rated = [
        RatedParameters(
            [p for p in block if p.requires_grad],
            encoder_share * layer_decay ** (len(blocks) - 1 - depth),
        )
        for depth, block in enumerate(blocks)
    ]
    inside = {id(p) for p in encoder.parameters()}
    rated.append(RatedParameters([p for p in trainable if id(p) not in inside]))
    return [each for each in rated if each.parameters]
