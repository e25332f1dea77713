"""ResNet-18, 34 and 50 for small faces: a 3x3 stem, no max-pool, any width, attention gates."""

from collections.abc import Sequence
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from asdcfer.models.cbam import AttentionKind, attention
from asdcfer.models.encoder import Encoder

_LEAST_STRIDED = 8
"""Input channels from which on a strided 1x1 convolution is safe. With fewer, its backward pass in
channels-last writes beyond the gradient's memory on a processor with AVX2, and the process crashes
sooner or later (seen with PyTorch 2.6 to 2.13, oneDNN 3.5 to 3.12).
"""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut.

    The attention gate stands before the addition, as in CBAM.

    Args:
        in_channels, channels: of the map given and of the two convolutions.
        stride: of the first convolution.
        kind: which attention gates the residual branch.
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int, kind: AttentionKind) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.attention = attention(kind, channels)
        self.shortcut = _shortcut(in_channels, channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, channels, H/stride, W/stride)."""
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.attention(self.norm2(self.conv2(y)))
        return F.relu(y + self.shortcut(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut.

    The stride is in the 3x3, where no pixel is thrown away unseen.
    """

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int, kind: AttentionKind) -> None:
        super().__init__()
        out_channels = channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out_channels, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(out_channels)
        self.attention = attention(kind, out_channels)
        self.shortcut = _shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 4 channels, H/stride, W/stride)."""
        y = F.relu(self.norm1(self.conv1(x)))
        y = F.relu(self.norm2(self.conv2(y)))
        y = self.attention(self.norm3(self.conv3(y)))
        return F.relu(y + self.shortcut(x))


class ResidualNetwork(Encoder):
    """A stem, then stages of residual blocks, each of which gives a map.

    Args:
        block: BasicBlock or Bottleneck.
        stem: the first convolution.
        widths: channels of each stage, before the block's expansion.
        depths: blocks of each stage.
        strides: of each stage's first block.
        attention: gates in every block.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        stem: nn.Conv2d,
        widths: Sequence[int],
        depths: Sequence[int],
        strides: Sequence[int],
        attention: AttentionKind,
    ) -> None:
        super().__init__()
        self.stem = stem
        self.norm = nn.BatchNorm2d(stem.out_channels)
        self.stages = nn.ModuleList()
        self.map_channels = []
        inside = stem.out_channels
        for width, depth, first in zip(widths, depths, strides, strict=True):
            blocks = []
            for stride in [first] + [1] * (depth - 1):
                blocks.append(block(inside, width, stride, attention))
                inside = width * block.expansion
            self.stages.append(nn.Sequential(*blocks))
            self.map_channels.append(inside)
        start_convolutions(self)

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """Return the maps of the stages: (B,C,S,S) -> list of (B,C_i,H_i,W_i)."""
        x = F.relu(self.norm(self.stem(x)))
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class ResNet(ResidualNetwork):
    """A residual network of four stages for small images.

    A 48-pixel face gives maps of side 48, 24, 12, 6 with `stem="stride1"`, and 24, 12, 6, 3 with
    `stem="stride2"` (a quarter of the work).

    Args:
        block: BasicBlock or Bottleneck.
        depths: blocks in each stage.
        channels: 1 for gray input, 3 for RGB.
        width: channels of the first stage; the others have 2, 4 and 8 times as many.
        stem: stride of the first 3x3 convolution.
        attention: gates in every block.

    Raises:
        ValueError: another stem or attention, or a width under 4.

    Source: He et al., Deep Residual Learning, CVPR 2016, table 1; the stem is that of section 4.2
        (CIFAR-10).
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        depths: tuple[int, int, int, int],
        channels: int = 1,
        width: int = 64,
        stem: Literal["stride1", "stride2"] = "stride1",
        attention: AttentionKind = "none",
    ) -> None:
        if stem not in ("stride1", "stride2"):
            raise ValueError(f"stem must be stride1 or stride2, not {stem!r}")
        if width < 4:
            raise ValueError(f"width must be at least 4 channels, not {width}")
        super().__init__(
            block,
            nn.Conv2d(channels, width, 3, 1 if stem == "stride1" else 2, 1, bias=False),
            [width * 2**i for i in range(len(depths))],
            depths,
            (1, 2, 2, 2),
            attention,
        )


class ResNet18(ResNet):
    """ResNet-18: two basic blocks a stage.

    Args:
        channels, width, stem, attention: as in `ResNet`.

    Raises:
        ValueError: an argument that is none of those.

    Example:
        >>> import torch
        >>> maps = ResNet18(width=8, stem="stride2").forward_maps(torch.zeros(2, 1, 48, 48))
        >>> [tuple(m.shape[1:]) for m in maps]
        [(8, 24, 24), (16, 12, 12), (32, 6, 6), (64, 3, 3)]
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 64,
        stem: Literal["stride1", "stride2"] = "stride1",
        attention: AttentionKind = "none",
    ) -> None:
        super().__init__(BasicBlock, (2, 2, 2, 2), channels, width, stem, attention)


class ResNet34(ResNet):
    """ResNet-34: 3, 4, 6 and 3 basic blocks.

    Args:
        channels, width, stem, attention: as in `ResNet`.

    Raises:
        ValueError: an argument that is none of those.

    Example:
        >>> ResNet34(width=8).map_channels
        [8, 16, 32, 64]
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 64,
        stem: Literal["stride1", "stride2"] = "stride1",
        attention: AttentionKind = "none",
    ) -> None:
        super().__init__(BasicBlock, (3, 4, 6, 3), channels, width, stem, attention)


class ResNet50(ResNet):
    """ResNet-50: 3, 4, 6 and 3 bottlenecks.

    Args:
        channels, width, stem, attention: as in `ResNet`.

    Raises:
        ValueError: an argument that is none of those.

    Example:
        >>> ResNet50(width=8).map_channels
        [32, 64, 128, 256]
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 64,
        stem: Literal["stride1", "stride2"] = "stride1",
        attention: AttentionKind = "none",
    ) -> None:
        super().__init__(Bottleneck, (3, 4, 6, 3), channels, width, stem, attention)


def start_convolutions(network: nn.Module) -> None:
    """Draw convolution weights from He's normal distribution (fan out).

    It is the usual start of networks with batch normalization.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _shortcut(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    convolution = nn.Conv2d if in_channels >= _LEAST_STRIDED else _SubsampledConv2d
    return nn.Sequential(
        convolution(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
    )


class _SubsampledConv2d(nn.Conv2d):
    """1x1 convolution of every stride-th pixel; the same formula and weights as `nn.Conv2d`."""

    def forward(self, input: Tensor) -> Tensor:
        """Return (B, out_channels, H/stride, W/stride)."""
        rows, columns = self.stride
        return F.conv2d(input[..., ::rows, ::columns], self.weight, self.bias)
