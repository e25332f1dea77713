"""Part-aware contrast: whole faces and facial parts, with an attended part hidden."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import Tensor

from asdcfer.augmentation.erasing import PARTS, erase_regions
from asdcfer.augmentation.geometry import sampling_grid
from asdcfer.augmentation.views import Views
from asdcfer.losses.attention import spatial_attention
from asdcfer.methods.embedding_network import EmbeddingOutput
from asdcfer.methods.map_choice import channels_of_map
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.methods.part_attention import attention_in_boxes
from asdcfer.models.encoder import Encoder


class PartsOptions(MocoOptions):
    """Settings of part-aware contrast: those of momentum contrast, with its contrast of parts on.

    Attributes:
        w_dense: weight of the contrast of parts.
        part_hidden: probability that a part of a view is hidden from the network.
        attention_map, attention_temperature: of which map of the momentum network the attention
            is taken that says how likely each part is the hidden one, and how sharp it is.
    """

    w_dense: float = Field(1.0, gt=0)
    part_hidden: float = Field(0.5, ge=0, le=1)
    attention_map: int = -2
    attention_temperature: float = Field(0.5, gt=0)


class Parts(Moco):
    """Global contrast, contrast of facial parts, and parts hidden by attention.

        L = InfoNCE( q, k ) + w_dense mean_p InfoNCE( part p of the query, part p of the key )

    Parts are pooled from a map under soft windows and the face's own attention
    (`models.facial_parts`). An eye with its brow, or the mouth, is hidden from the query side; the
    more the momentum network attends to a part, the likelier it is that one, so that no part alone
    answers for the face. It is `Moco` with `w_dense`, and the hiding.

    Args:
        encoder: what is learnt.
        options: see `PartsOptions`.

    Source: after Hua et al., IJCAI 2023 (part-aware contrastive learning for skeleton-based action
        recognition: global and local contrast, attention-guided masking of parts); "-like", from
        its abstract. NOTE: our reading for faces: parts of a face for parts of a body.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> options = PartsOptions(projector_hidden=16, projector_dim=8, queue_size=8)
        >>> method = Parts(encoder, options)
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['contrastive', 'dense', 'positive_similarity']
    """

    Options: ClassVar[type[BaseModel]] = PartsOptions

    def __init__(self, encoder: Encoder, options: PartsOptions) -> None:
        super().__init__(encoder, options)
        channels_of_map(encoder.map_channels, options.attention_map, "attention_map")
        self.hiding = options

    def shown(self, views: Views, keys: list[EmbeddingOutput]) -> list[Tensor]:
        """Return the views, some of them without the part that was drawn for them."""
        o, shown = self.hiding, []
        for i, (crop, key) in enumerate(zip(views.crops, keys, strict=True)):
            grid = sampling_grid(views.geometry[i], crop.shape[-1]) if views.geometry else None
            attention = spatial_attention(key.maps[o.attention_map], o.attention_temperature)
            boxes = torch.tensor(PARTS, device=crop.device)
            likely = attention_in_boxes(attention, boxes, crop.shape[-1], grid)
            part = torch.multinomial(likely, 1)[:, 0]
            chosen = torch.rand(len(crop), device=crop.device) < o.part_hidden
            shown.append(erase_regions(crop, boxes[part], chosen, grid))
        return shown
