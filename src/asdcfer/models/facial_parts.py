"""Attention-pooled facial parts: several attention maps, pooled separately and joined."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

LAYOUT: dict[str, tuple[float, float, float, float]] = {
    "left brow": (0.30, 0.26, 0.13, 0.09),
    "right brow": (0.70, 0.26, 0.13, 0.09),
    "left eye": (0.31, 0.38, 0.11, 0.08),
    "right eye": (0.69, 0.38, 0.11, 0.08),
    "nose": (0.50, 0.55, 0.13, 0.12),
    "left cheek": (0.22, 0.64, 0.12, 0.14),
    "right cheek": (0.78, 0.64, 0.12, 0.14),
    "mouth": (0.50, 0.78, 0.14, 0.09),
    "left corner": (0.33, 0.77, 0.09, 0.10),
    "right corner": (0.67, 0.77, 0.09, 0.10),
}
"""Where the parts of a cropped frontal face lie: center x, center y, spread x, spread y as shares
of the side, left as seen.

NOTE: our reading: placed by eye on the mean of FER-2013's training images; no label and no landmark
    was used.
"""


class PartPooling(nn.Module):
    """Pool each facial part under its own attention map and join the parts.

    `feature = [sum_hw A_p F for each map F, for each part p]`, where `A_p = softmax_hw(prior_p +
    sharpness * a(F))` for the parts of the layout: `prior_p` is the log of a soft window (a
    Gaussian) and `a(F) = mean_c |F| / mean_chw |F|` the image's own spatial attention, so that the
    window says where to look and the image where in it. A learnt part has no window: `A_p =
    softmax_hw(unit(query_p) . unit(F_hw) / temperature)`, with a query of its own for each map,
    trained by whatever trains the encoder.

    Args:
        map_channels: channels of each map of the encoder.
        maps: which maps, by index.
        parts: "layout" uses the fixed windows, "learned" the queries, "both" joins the two.
        queries: number of learnt parts.
        sharpness: weight of the image's own attention inside a window; 0 leaves the plain windows.
        temperature: of the learnt parts, above 0.
        whole: add the plain mean of each map as one more part.
        unit: scale each part to unit length, so that none outweighs the others in a cosine (kNN).

    Source: NOTE: our reading of the attention-weighted features of ASDC-FER (JEI 2024); the spatial
        attention is that of FGD, CVPR 2022, eq. 1.

    Example:
        >>> pooling = PartPooling([8, 16], maps=[-1], parts="both", queries=4)
        >>> pooling.feature_dim == 16 * (len(LAYOUT) + 4)
        True
        >>> maps = [torch.rand(2, 8, 12, 12), torch.rand(2, 16, 6, 6)]
        >>> pooling.attention_maps(maps)[0].shape, pooling(maps).shape
        (torch.Size([2, 14, 6, 6]), torch.Size([2, 224]))
    """

    windows: Tensor

    def __init__(
        self,
        map_channels: Sequence[int],
        maps: Sequence[int] = (-2,),
        parts: Literal["layout", "learned", "both"] = "layout",
        queries: int = 6,
        sharpness: float = 1.0,
        temperature: float = 0.1,
        whole: bool = False,
        unit: bool = False,
    ) -> None:
        super().__init__()
        if parts not in ("layout", "learned", "both"):
            raise ValueError(f"parts must be layout, learned or both, not {parts!r}")
        if queries < 1 or not temperature > 0 or not maps:
            raise ValueError("parts need at least one query, one map and a temperature above 0")
        self.maps = tuple(maps)
        self.sharpness, self.temperature, self.whole, self.unit = (
            sharpness,
            temperature,
            whole,
            unit,
        )
        self.names = [
            *(LAYOUT if parts != "learned" else ()),
            *(f"learned {i}" for i in range(queries if parts != "layout" else 0)),
        ]
        # Rebuilt from the layout by the constructor, so not part of the weights.
        windows = torch.tensor(list(LAYOUT.values())) if parts != "learned" else torch.zeros(0, 4)
        self.register_buffer("windows", windows, persistent=False)
        self.queries = nn.ParameterList()
        if parts != "layout":
            for m in self.maps:
                start = torch.empty(queries, map_channels[m])
                # Orthogonal, so that the parts start by looking at different things.
                self.queries.append(nn.Parameter(nn.init.orthogonal_(start)))
        self.feature_dim = sum(map_channels[m] for m in self.maps) * (len(self.names) + whole)

    def attention_maps(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Return the attention of each part in each pooled map.

        Args:
            maps: of the encoder.

        Returns:
            One (B,P,H,W) for each pooled map, summing to 1 over positions.
        """
        result = []
        for i, m in enumerate(self.maps):
            x = maps[m].float()
            logits = []
            if len(self.windows):
                magnitude = x.abs().mean(1)
                magnitude = magnitude / (magnitude.mean((1, 2), keepdim=True) + 1e-6)
                prior = log_windows(self.windows, x.shape[2], x.shape[3])
                logits.append(prior[None] + self.sharpness * magnitude[:, None])
            if len(self.queries):
                query = nn.functional.normalize(self.queries[i].float(), dim=1)
                logits.append(
                    torch.einsum("pc,bchw->bphw", query, nn.functional.normalize(x, dim=1))
                    / self.temperature
                )
            joined = torch.cat(logits, 1)
            result.append(joined.flatten(2).softmax(2).view_as(joined))
        return result

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Return (B, feature_dim): for each map, for each part, its channels."""
        features = []
        for m, weights in zip(self.maps, self.attention_maps(maps), strict=True):
            x = maps[m]
            pooled = weights.flatten(2).to(x.dtype) @ x.flatten(2).transpose(1, 2)
            if self.whole:
                pooled = torch.cat([pooled, x.mean((2, 3))[:, None]], 1)
            features.append(
                (nn.functional.normalize(pooled, dim=2) if self.unit else pooled).flatten(1)
            )
        return torch.cat(features, 1)

    def extra_repr(self) -> str:
        """Return what it pools."""
        return (
            f"maps={self.maps}, parts={len(self.names)}, sharpness={self.sharpness}, "
            f"temperature={self.temperature}, "
            f"whole={self.whole}, unit={self.unit}"
        )


def log_windows(windows: Tensor, height: int, width: int) -> Tensor:
    """Return the logarithm of Gaussian windows, up to a constant.

    Args:
        windows: (P,4), center and spread of each.
        height: of the map.
        width: of the map.

    Returns:
        (P,height,width).

    Example:
        >>> log_windows(torch.tensor([[0.5, 0.5, 0.1, 0.1]]), 3, 3)[0, 1, 1].item()
        -0.0
    """
    x = (torch.arange(width, device=windows.device, dtype=windows.dtype) + 0.5) / width
    y = (torch.arange(height, device=windows.device, dtype=windows.dtype) + 0.5) / height
    across = (x[None] - windows[:, 0:1]) / windows[:, 2:3]
    down = (y[None] - windows[:, 1:2]) / windows[:, 3:4]
    return -(across[:, None, :].square() + down[:, :, None].square()) / 2
