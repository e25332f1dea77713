"""The encoder contract: image -> feature maps -> feature. Any module that follows it can be a teacher or a student."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from asdcfer.encoders.preprocessing import Preprocessing


class EncoderSpec(BaseModel):
    """All that is needed to build an encoder again; stored in its card.

    Attributes:
        name: constructor, one of `encoders.names.ENCODERS`.
        arguments: keyword arguments of that constructor.
        pooling: name of the pooling that makes the feature, one of `encoders.pooling.POOLINGS`.
        pooling_arguments: keyword arguments of that pooling.
        preprocessing: what the encoder wants to be given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    arguments: dict[str, Any] = {}
    pooling: str = "global"
    pooling_arguments: dict[str, Any] = {}
    preprocessing: Preprocessing = Preprocessing()


class Encoder(nn.Module):
    """Base of the encoders: maps, then a pooling.

    A subclass sets `map_channels` (channels of each map, shallow to deep) and defines `forward_maps`. `spec` and `pooling` are set by
    `encoders.names.build_encoder`, or by hand for an encoder of your own.
    """

    map_channels: list[int]
    spec: EncoderSpec
    pooling: nn.Module

    @property
    def preprocessing(self) -> Preprocessing:
        """What the encoder wants to be given."""
        return self.spec.preprocessing

    @property
    def feature_dim(self) -> int:
        """Width of the feature that `forward` returns."""
        return self.pooling.feature_dim

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """Return feature maps, shallow to deep: normalised images (B,C,S,S) -> list of (B,C_i,H_i,W_i)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Return the feature (B, feature_dim) of normalised images (B,C,S,S)."""
        return self.pooling(self.forward_maps(x))
