"""BYOL: a network predicts what its own slow copy makes of another view; no negatives."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import Tensor

from asdcfer.augmentation.views import Views
from asdcfer.losses.query_distillation import squared_query_distillation
from asdcfer.methods.joint_embedding import MomentumEmbedding, MomentumOptions
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder
from asdcfer.models.heads import Predictor


class ByolOptions(MomentumOptions):
    """Settings of BYOL.

    Attributes:
        projector_hidden, projector_dim: of projector and predictor alike.
        momentum_start, momentum_end: from 0.99 to 1, so that the target stands still at the end.
        predictor: the network's side has a predictor; without one, or with a momentum of 0, all
            faces soon get the same feature. To be switched off for that experiment only.
    """

    projector_hidden: int = Field(4096, ge=1)
    projector_dim: int = Field(256, ge=1)
    momentum_end: float = Field(1.0, ge=0, le=1)
    predictor: bool = True


class Byol(MomentumEmbedding):
    """The prediction of one view's target from another view.

        L = mean_{i != j} || unit(predictor(network(x_i))) - unit(momentum_network(x_j)) ||^2

    The squared distance of unit vectors is that of `losses.query_distillation`. Nothing pushes
    faces apart: predictor, moving target and the batch normalization of the heads keep the trivial
    answer away, so the heads keep theirs, and weight decay spares normalization and biases (the
    optimizer of this package does so always).

    Args:
        encoder: what is learnt.
        options: see `ByolOptions`.

    Source: Grill et al., BYOL, NeurIPS 2020, eq. 2 and section 3.2.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Byol(encoder, ByolOptions(projector_hidden=16, projector_dim=8))
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['byol']
    """

    Options: ClassVar[type[BaseModel]] = ByolOptions
    options: ByolOptions

    def __init__(self, encoder: Encoder, options: ByolOptions) -> None:
        super().__init__(encoder, options)
        self.predictor = (
            Predictor(options.projector_dim, options.projector_hidden)
            if options.predictor
            else None
        )

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        loss = self.prediction_loss(self.predictions(views), self.keys(views))
        return StepResult(loss, {"byol": loss.detach()})

    def predictions(self, views: Views) -> list[Tensor]:
        """Return the prediction (B,D) made from each view."""
        projections = self.embed(views)
        return projections if self.predictor is None else [self.predictor(p) for p in projections]

    def prediction_loss(self, predictions: list[Tensor], keys: list[Tensor]) -> Tensor:
        """Return the mean distance over ordered pairs of views."""
        return torch.stack(
            [
                squared_query_distillation(prediction, key)
                for i, prediction in enumerate(predictions)
                for j, key in enumerate(keys)
                if i != j
            ]
        ).mean()
