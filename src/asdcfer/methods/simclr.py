"""SimCLR: contrast between the views of one batch, without queue and without momentum."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import Tensor

from asdcfer.augmentation.views import Views
from asdcfer.losses.nt_xent import nt_xent
from asdcfer.methods.joint_embedding import JointEmbedding, ProjectorOptions
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder


class SimclrOptions(ProjectorOptions):
    """Settings of SimCLR.

    Attributes:
        temperature: of the contrast.
    """

    temperature: float = Field(0.2, gt=0)


class Simclr(JointEmbedding):
    """All views of a batch are contrasted with each other by one network.

        L = NT-Xent(projections of all views)

    It differs from `Moco` in where negatives come from: all other views of the batch, with
    gradient, so that larger batches give more of them. Each process contrasts its own batch.

    Args:
        encoder: what is learnt.
        options: see `SimclrOptions`.

    Source: Chen et al., SimCLR, ICML 2020, algorithm 1. Small-image settings (temperature 0.2, a
        3x3 stem) as in public CIFAR recipes.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Simclr(encoder, SimclrOptions(projector_hidden=16, projector_dim=8))
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts), method.num_negatives(4)
        (['contrastive'], 6)
    """

    Options: ClassVar[type[BaseModel]] = SimclrOptions
    options: SimclrOptions

    def __init__(self, encoder: Encoder, options: SimclrOptions) -> None:
        super().__init__(encoder, options)
        self._views = 2

    def num_negatives(self, batch_size: int) -> int:
        """Return how many other views a view met in the last step, beside its positive."""
        return self._views * batch_size - 2

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        embeddings: Tensor = torch.stack(self.embed(views))
        self._views = len(embeddings)
        loss = nt_xent(embeddings, self.options.temperature)
        return StepResult(loss, {"contrastive": loss.detach()})
