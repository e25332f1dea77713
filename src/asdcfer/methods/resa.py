"""ReSA: embeddings of a batch become as alike as the encoder itself finds its images."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import Tensor

from asdcfer.augmentation.views import Views
from asdcfer.losses.self_assignment import assigned_cross_entropy, self_assignment
from asdcfer.methods.joint_embedding import MomentumEmbedding, MomentumOptions
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder
from asdcfer.models.heads import Predictor


class ResaOptions(MomentumOptions):
    """Settings of ReSA.

    Attributes:
        temperature: of the embeddings' similarities.
        epsilon, iterations: of Sinkhorn's assignment of the features' similarities.
        center: take the batch's mean off the features before their similarities.
        predictor: put a predictor on the network's side.
    """

    projector_dim: int = Field(512, ge=1)
    projector_layers: int = Field(3, ge=1)
    momentum_start: float = Field(0.996, ge=0, le=1)
    momentum_end: float = Field(1.0, ge=0, le=1)
    temperature: float = Field(0.4, gt=0)
    epsilon: float = Field(0.05, gt=0)
    iterations: int = Field(3, ge=1)
    center: bool = True
    predictor: bool = True


class Resa(MomentumEmbedding):
    """Self-assignment: soft targets from the similarities of the encoder's own features.

        A = sinkhorn( unit(h) . unit(h')^T / epsilon ),  h and h' features of the first view
        L = mean_{i != j} 1/2 CE(A, softmax(q_i.k_j / t)) + 1/2 CE(A^T, softmax(k_j.q_i / t))

    Features before the projector hold clusters earlier than embeddings do; Sinkhorn gives every
    image the same weight, so that no cluster swallows the batch. With A the identity this is the
    contrast inside a batch of MoCo-v3.

    Args:
        encoder: what is learnt.
        options: see `ResaOptions`.

    Source: Weng et al., "Clustering properties of self-supervised learning" (ReSA); written after
        its public code (`winci-ai/resa`: momentum 0.996, epsilon 0.05, 3 iterations). NOTE: our
        reading: the momentum rises to 1 along half a cosine, as in BYOL; features are centered
        first, without which the targets of a new encoder are nearly even.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Resa(encoder, ResaOptions(projector_hidden=16, projector_dim=8))
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['resa', 'self_share', 'target_entropy']
    """

    Options: ClassVar[type[BaseModel]] = ResaOptions
    options: ResaOptions

    def __init__(self, encoder: Encoder, options: ResaOptions) -> None:
        super().__init__(encoder, options)
        self.predictor = (
            Predictor(options.projector_dim, options.projector_hidden)
            if options.predictor
            else None
        )

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        self.check_views(views)
        o = self.options
        embedded = [self.network(crop) for crop in views.crops]
        keys = [self.momentum_network(crop) for crop in views.crops[:2]]
        assignment = self_assignment(
            embedded[0].feature.detach(), keys[0].feature, o.epsilon, o.iterations, o.center
        )
        queries: list[Tensor] = [one.projection for one in embedded]
        if self.predictor is not None:
            queries = [self.predictor(query) for query in queries]
        loss = torch.stack(
            [
                assigned_cross_entropy(query, key.projection, assignment, o.temperature)
                for i, query in enumerate(queries)
                for j, key in enumerate(keys)
                if i != j
            ]
        ).mean()
        return StepResult(
            loss,
            {
                "resa": loss.detach(),
                "target_entropy": torch.special.entr(assignment).sum(dim=1).mean(),
                "self_share": assignment.diagonal().mean(),
            },
        )
