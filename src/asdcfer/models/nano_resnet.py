"""The smallest encoder: a residual network of a quarter of a million parameters, made for int8."""

from collections.abc import Sequence

from torch import nn

from asdcfer.models.cbam import AttentionKind
from asdcfer.models.resnet import BasicBlock, ResidualNetwork


class NanoResNet(ResidualNetwork):
    """A residual network that gives its work to the maps where a processor does it fastest.

    The stem halves the side, and each of the stages halves it again: a 48-pixel face gives maps of
    side 12, 6 and 3. A ResNet-18 of equal size has eight channels at side 24, where an int8
    convolution leaves most of a vector register empty: it takes twice the time for less work.

    Args:
        channels: 1 for gray input, 3 for RGB.
        stem: channels of the first convolution; multiples of 16 are fast.
        widths: channels of each stage, at least one stage.
        depths: basic blocks of each stage.
        attention: gates in every block.

    Raises:
        ValueError: widths and depths do not fit each other, or one of them is less than 1.

    Source: He et al., Deep Residual Learning, CVPR 2016, section 4.2; NOTE: our own widths.

    Example:
        >>> import torch
        >>> maps = NanoResNet().forward_maps(torch.zeros(2, 1, 48, 48))
        >>> [tuple(m.shape[1:]) for m in maps]
        [(32, 12, 12), (48, 6, 6), (64, 3, 3)]
    """

    def __init__(
        self,
        channels: int = 1,
        stem: int = 16,
        widths: Sequence[int] = (32, 48, 64),
        depths: Sequence[int] = (2, 2, 2),
        attention: AttentionKind = "none",
    ) -> None:
        if not widths or len(widths) != len(depths) or min(*widths, *depths, stem) < 1:
            raise ValueError(
                "widths and depths must have one number of at least 1 for each stage, not "
                f"{list(widths)} and {list(depths)}"
            )
        super().__init__(
            BasicBlock,
            nn.Conv2d(channels, stem, 3, 2, 1, bias=False),
            widths,
            depths,
            [2] * len(widths),
            attention,
        )
