"""Attention hiding: the network is shown faces without the parts that its slow copy looks at."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import Tensor

from asdcfer.augmentation.hiding import hide_cells
from asdcfer.augmentation.views import Views
from asdcfer.losses.attention import spatial_attention
from asdcfer.losses.facial_key_feature import key_positions
from asdcfer.methods.embedding_network import EmbeddingOutput
from asdcfer.methods.map_choice import channels_of_map
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.methods.run_progress import RunProgress
from asdcfer.models.encoder import Encoder


class HidingOptions(MocoOptions):
    """Settings of momentum contrast on faces of which a part is hidden.

    Attributes:
        hidden_start, hidden_end: share of the cells that is hidden at the beginning, and from
            `hidden_until` of the run on.
        hidden_until: share of the run over which the hidden share grows.
        hidden_random: share of the hidden cells that are chosen at random, not by attention.
        attention_map, attention_temperature: of which map of the momentum network the attention
            is taken, by index, and how sharp it is; its cells are what is hidden.
    """

    hidden_start: float = Field(0.1, gt=0, le=1)
    hidden_end: float = Field(0.4, gt=0, le=1)
    hidden_until: float = Field(0.5, ge=0, le=1)
    hidden_random: float = Field(0.0, ge=0, le=1)
    attention_map: int = -2
    attention_temperature: float = Field(0.5, gt=0)


@dataclass(frozen=True)
class Hidden:
    """What of a view the network does not see.

    Attributes:
        cells: bool (B,h,w), of the attention's map.
        pixels: bool (B,S,S).
    """

    cells: Tensor
    pixels: Tensor


class AttentionHiding(Moco):
    """Momentum contrast whose queries come from faces without their most attended cells.

    The base of `AttentionMasked` and `Masked`: keys see the whole view, queries what is left of it.

    Args:
        encoder: what is learnt.
        options: see `HidingOptions`.

    Attributes:
        hidden: what of each view was hidden in the last step.
    """

    Options: ClassVar[type[BaseModel]] = HidingOptions

    def __init__(self, encoder: Encoder, options: HidingOptions) -> None:
        super().__init__(encoder, options)
        channels_of_map(encoder.map_channels, options.attention_map, "attention_map")
        self.hiding, self.progress = options, RunProgress()
        self.hidden: list[Hidden] = []

    @property
    def hidden_share(self) -> float:
        """Share of the cells that is hidden now."""
        o = self.hiding
        return self.progress.ramp(o.hidden_start, o.hidden_end, o.hidden_until)

    def shown(self, views: Views, keys: list[EmbeddingOutput]) -> list[Tensor]:
        """Return the views without the cells that the momentum network attends to most."""
        shown, self.hidden = [], []
        for crop, key in zip(views.crops, keys, strict=True):
            cells = self.chosen_cells(key.maps[self.hiding.attention_map])
            view, pixels = hide_cells(crop, cells)
            shown.append(view)
            self.hidden.append(Hidden(cells, pixels))
        return shown

    @torch.no_grad()
    def chosen_cells(self, feature_map: Tensor) -> Tensor:
        """Return which cells of a map (B,C,H,W) are hidden, bool (B,H,W), the same number in each.

        `hidden_random` of them are as likely anywhere as where the attention is.
        """
        o = self.hiding
        attention = spatial_attention(feature_map, o.attention_temperature)
        chosen = key_positions(attention, self.hidden_share)
        if o.hidden_random <= 0:
            return chosen
        # Attended cells keep their place with 1 - hidden_random; chance fills what is free.
        rank = torch.rand(attention.shape, device=attention.device)
        kept = chosen & (torch.rand_like(rank) >= o.hidden_random)
        return key_positions(rank + kept, self.hidden_share)

    def share_hidden(self) -> Tensor:
        """Return the share of the pixels that was hidden in the last step, for the log."""
        return torch.stack([one.pixels.float().mean() for one in self.hidden]).mean()

    def after_step(self, progress: float) -> None:
        """Move the momentum network, and the share that is hidden."""
        super().after_step(progress)
        self.progress.set(progress)
