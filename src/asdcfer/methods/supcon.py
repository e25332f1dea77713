"""SupCon: contrast with labels as positives, on features weighted by the map's own attention."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import Tensor

from asdcfer.augmentation.views import Views
from asdcfer.losses.supervised_contrast import supervised_contrast
from asdcfer.methods.attention_pooling import AttentionHead
from asdcfer.methods.joint_embedding import JointEmbedding, ProjectorOptions
from asdcfer.methods.map_choice import channels_of_map
from asdcfer.methods.method import StepResult
from asdcfer.methods.training_labels import TrainingLabels
from asdcfer.models.encoder import Encoder
from asdcfer.models.heads import Projector


class SupconOptions(ProjectorOptions):
    """Settings of supervised contrast.

    Attributes:
        temperature: of the contrast.
        w_attention: weight of the same contrast of attention-pooled features; 0 builds no head.
        attention_temperature, attention_map: of the attention, and which map it is taken of.
    """

    temperature: float = Field(0.1, gt=0)
    w_attention: float = Field(1.0, ge=0)
    attention_temperature: float = Field(0.5, gt=0)
    attention_map: int = -1


class Supcon(JointEmbedding):
    """Faces of one expression attract, all others repel: the supervised upper end of contrast.

        L = SupCon(projections) + w_attention SupCon(projections of attention-pooled maps)

    It differs from `Simclr` in the positives alone, and in the second term.

    Args:
        encoder: what is learnt.
        options: see `SupconOptions`.

    Source: Khosla et al., NeurIPS 2020, for the contrast. The attention after the title of Waseem
        et al., AMLDS 2024, whose text was not to be had: "-like". NOTE: our reading: features are
        pooled under the attention of their own map (FGD's formula), beside the global ones.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Supcon(encoder, SupconOptions(projector_hidden=16, projector_dim=8))
        >>> method.take_labels(torch.tensor([0, 0, 1, 2]))
        >>> crops = [torch.randn(4, 1, 48, 48) for _ in range(2)]
        >>> sorted(method.training_step(Views(crops, index=torch.arange(4))).parts)
        ['attention', 'supcon']
    """

    Options: ClassVar[type[BaseModel]] = SupconOptions
    needs_labels: ClassVar[bool] = True
    options: SupconOptions

    def __init__(self, encoder: Encoder, options: SupconOptions) -> None:
        super().__init__(encoder, options)
        self.labels = TrainingLabels()
        self.attention: AttentionHead | None = None
        if options.w_attention > 0:
            channels = channels_of_map(encoder.map_channels, options.attention_map, "attention_map")
            head = Projector(channels, options.projector_hidden, options.projector_dim)
            self.attention = AttentionHead(
                head, options.attention_map, options.attention_temperature
            )

    def take_labels(self, labels: Tensor) -> None:
        """Take the expressions of all training faces; see `Method.take_labels`."""
        self.labels.take(labels)

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        self.check_views(views)
        o, labels = self.options, self.labels.of(views)
        seen = [self.network(crop) for crop in views.crops]
        projections = torch.stack([one.projection for one in seen])
        loss = supervised_contrast(projections, labels, o.temperature)
        parts = {"supcon": loss.detach()}
        if self.attention is not None:
            attended = torch.stack([self.attention(one.maps) for one in seen])
            term = supervised_contrast(attended, labels, o.temperature)
            loss, parts["attention"] = loss + o.w_attention * term, term.detach()
        return StepResult(loss, parts)
