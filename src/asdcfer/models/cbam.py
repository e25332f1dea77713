"""Attention inside an encoder: gates over channels and positions, after CBAM.

These are optional parts of a network. The attention *maps* that are read off any network's features
and distilled are formulas, in `asdcfer.losses.attention`.
"""

from typing import Literal

import torch
from torch import Tensor, nn

AttentionKind = Literal["none", "channel", "spatial", "both"]


class ChannelAttention(nn.Module):
    """Gate each channel by what its mean and its maximum say.

    `M_c(F) = sigmoid(mlp(mean_hw F) + mlp(max_hw F))`, then `F * M_c(F)`; one small MLP shared by
    both.

    Args:
        channels: C of the maps it gates.
        reduction: the MLP's hidden width is C / reduction, at least 4.

    Source: Woo et al., CBAM, ECCV 2018, eq. 2.

    Example:
        >>> ChannelAttention(16)(torch.ones(2, 16, 6, 6)).shape
        torch.Size([2, 16, 6, 6])
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        hidden = max(channels // reduction, 4)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map, of the same shape (B,C,H,W)."""
        gate = torch.sigmoid(self.mlp(x.mean((2, 3))) + self.mlp(x.amax((2, 3))))
        return x * gate[:, :, None, None]


class SpatialAttention(nn.Module):
    """Gate each position by what the mean and the maximum over channels say around it.

    `M_s(F) = sigmoid(conv([mean_c F; max_c F]))`, then `F * M_s(F)`.

    Args:
        kernel: side of the convolution, odd.

    Source: Woo et al., CBAM, ECCV 2018, eq. 3.

    Example:
        >>> SpatialAttention()(torch.ones(2, 16, 6, 6)).shape
        torch.Size([2, 16, 6, 6])
    """

    def __init__(self, kernel: int = 7) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return the gated map, of the same shape (B,C,H,W)."""
        summary = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.conv(summary))


def attention(kind: AttentionKind, channels: int) -> nn.Module:
    """Return the gate of that kind.

    "both" gates channels first, then positions, as CBAM found best.

    Example:
        >>> attention("none", 8)
        Identity()
    """
    if kind == "none":
        return nn.Identity()
    if kind == "channel":
        return ChannelAttention(channels)
    if kind == "spatial":
        return SpatialAttention()
    if kind == "both":
        return nn.Sequential(ChannelAttention(channels), SpatialAttention())
    raise ValueError(f"attention must be none, channel, spatial or both, not {kind!r}")
