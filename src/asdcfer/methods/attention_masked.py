"""Attention-masked contrast: what is left of a face must say as much as the whole face."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field

from asdcfer.augmentation.views import Views
from asdcfer.losses.query_distillation import squared_query_distillation
from asdcfer.methods.attention_hiding import AttentionHiding, HidingOptions
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder


class AttentionMaskedOptions(HidingOptions):
    """Settings of attention-masked contrast.

    Attributes:
        w_agreement: weight of the agreement of a masked view with the same view whole.
    """

    w_agreement: float = Field(1.0, ge=0)


class AttentionMasked(AttentionHiding):
    """The network sees views without their most attended parts and must agree with the whole.

        L = InfoNCE( q(masked x_i), k(x_j) ) + w_agreement || unit q(masked x_i) - unit k(x_i) ||^2

    What the network already looks at is taken away, so that it learns to read the rest; the hidden
    share grows along the run.

    Args:
        encoder: what is learnt.
        options: see `AttentionMaskedOptions`.

    Source: after Zhang, Complex & Intelligent Systems 2024 (attention-guided masks in
        self-supervised 3-D action recognition), whose text was not to be had: "-like". NOTE: our
        reading for faces: cells of a map for joints, FGD's attention of the momentum network, the
        curriculum in a straight line.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> options = AttentionMaskedOptions(projector_hidden=16, projector_dim=8, queue_size=8)
        >>> method = AttentionMasked(encoder, options)
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['agreement', 'contrastive', 'hidden_share', 'positive_similarity']
    """

    Options: ClassVar[type[BaseModel]] = AttentionMaskedOptions

    def __init__(self, encoder: Encoder, options: AttentionMaskedOptions) -> None:
        super().__init__(encoder, options)
        self.w_agreement = options.w_agreement

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and fill the queue."""
        embeddings = self.embed(views)
        terms = self.terms(embeddings)
        terms["agreement"] = torch.stack(
            [
                squared_query_distillation(query.projection, key.projection)
                for query, key in zip(embeddings.queries, embeddings.keys, strict=True)
            ]
        ).mean()
        loss = terms["contrastive"] + self.w_agreement * terms["agreement"]
        if "dense" in terms:
            loss = loss + self.options.w_dense * terms["dense"]
        parts = {name: term.detach() for name, term in terms.items()}
        parts |= self.similarities(embeddings) | {"hidden_share": self.share_hidden()}
        self.enqueue(embeddings)
        return StepResult(loss, parts)
