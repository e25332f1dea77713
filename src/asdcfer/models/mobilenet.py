"""A light encoder of inverted residuals: about a million parameters at width 1."""

from torch import Tensor, nn

from asdcfer.models.cbam import AttentionKind, attention
from asdcfer.models.encoder import Encoder
from asdcfer.models.resnet import start_convolutions

STAGES = ((24, 2, 1), (48, 2, 2), (96, 3, 2), (192, 2, 2))
"""Channels at width 1, blocks and stride of each stage."""

EXPANSION = 4


class InvertedResidual(nn.Module):
    """Widen (1x1), look around (depthwise 3x3), narrow (1x1, linear); shortcut where shapes agree.

    Args:
        in_channels, channels: of the narrow ends.
        stride: of the depthwise convolution.
        kind: which attention gates the branch.

    Source: Sandler et al., MobileNetV2, CVPR 2018, section 3.3.
    """

    def __init__(self, in_channels: int, channels: int, stride: int, kind: AttentionKind) -> None:
        super().__init__()
        wide = in_channels * EXPANSION
        self.branch = nn.Sequential(
            nn.Conv2d(in_channels, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU(),
            nn.Conv2d(wide, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            attention(kind, channels),
        )
        self.same = stride == 1 and in_channels == channels

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels, H/stride, W/stride)."""
        y: Tensor = self.branch(x)
        return x + y if self.same else y


class Mobile(Encoder):
    """A MobileNetV2-like encoder for small faces; a 48-pixel face gives maps of side 24, 12, 6, 3.

    Args:
        channels: 1 for gray input, 3 for RGB.
        width: multiplier of all channels (rounded to multiples of 8).
        attention: gates in every block.

    Source: Sandler et al., MobileNetV2, CVPR 2018; NOTE: our reading of it for 48 pixels (four
        stages, stride 2 in the stem).

    Example:
        >>> import torch
        >>> [tuple(m.shape[1:]) for m in Mobile().forward_maps(torch.zeros(2, 1, 48, 48))]
        [(24, 24, 24), (48, 12, 12), (96, 6, 6), (384, 3, 3)]
    """

    def __init__(
        self, channels: int = 1, width: float = 1.0, attention: AttentionKind = "none"
    ) -> None:
        super().__init__()
        if not 0.25 <= width <= 4:
            raise ValueError(f"width must be in 0.25 .. 4, not {width}")
        inside = round_channels(24 * width)
        self.stem = nn.Sequential(
            nn.Conv2d(channels, inside, 3, 2, 1, bias=False), nn.BatchNorm2d(inside), nn.ReLU()
        )
        self.stages = nn.ModuleList()
        self.map_channels = []
        for i, (out, depth, stride) in enumerate(STAGES):
            out = round_channels(out * width)
            blocks: list[nn.Module] = []
            for j in range(depth):
                blocks.append(InvertedResidual(inside, out, stride if j == 0 else 1, attention))
                inside = out
            if i == len(STAGES) - 1:
                # The narrow last map is widened before pooling, or the feature would be poor.
                blocks += [
                    nn.Conv2d(inside, 2 * inside, 1, bias=False),
                    nn.BatchNorm2d(2 * inside),
                    nn.ReLU(),
                ]
            self.stages.append(nn.Sequential(*blocks))
            self.map_channels.append(2 * inside if i == len(STAGES) - 1 else inside)
        start_convolutions(self)

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """Return the maps of the four stages: (B,C,S,S) -> list of (B,C_i,H_i,W_i)."""
        x = self.stem(x)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


def round_channels(channels: float) -> int:
    """Return the nearest multiple of 8, at least 8: what vector units like.

    Example:
        >>> round_channels(3), round_channels(36.5)
        (8, 40)
    """
    return max(8, int(channels / 8 + 0.5) * 8)
