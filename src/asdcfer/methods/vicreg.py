"""VICReg: views agree while the dimensions of a batch are kept varied and unlike each other."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import Tensor

from asdcfer.augmentation.views import Views
from asdcfer.losses.vicreg import covariance_penalty, invariance, variance_hinge
from asdcfer.methods.joint_embedding import JointEmbedding, ProjectorOptions
from asdcfer.methods.method import StepResult


class VicregOptions(ProjectorOptions):
    """Settings of VICReg.

    Attributes:
        projector_hidden, projector_dim, projector_layers: a wide expander; the last two terms are
            about its dimensions.
        w_invariance, w_variance, w_covariance: weights of the terms.
    """

    projector_dim: int = Field(2048, ge=2)
    projector_layers: int = Field(3, ge=1)
    w_invariance: float = Field(25.0, ge=0)
    w_variance: float = Field(25.0, ge=0)
    w_covariance: float = Field(1.0, ge=0)


class Vicreg(JointEmbedding):
    """Agreement of views without negatives, momentum, predictor or normalization of embeddings.

        L = w_invariance mean_pairs s(z_i, z_j) + w_variance mean_i v(z_i)
            + w_covariance sum_i c(z_i)

    Collapse is forbidden by name: `v` where all faces get the same embedding, `c` where all
    dimensions say the same. Both are statistics of one process's batch.

    Args:
        encoder: what is learnt.
        options: see `VicregOptions`.

    Source: Bardes et al., VICReg, ICLR 2022, eq. 6, and its weights 25, 25, 1.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Vicreg(encoder, VicregOptions(projector_hidden=16, projector_dim=8))
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['covariance', 'invariance', 'variance']
    """

    Options: ClassVar[type[BaseModel]] = VicregOptions
    options: VicregOptions

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        o, z = self.options, self.embed(views)
        terms: dict[str, Tensor] = {
            "invariance": torch.stack(
                [invariance(z[i], z[j]) for i in range(len(z)) for j in range(i)]
            ).mean(),
            "variance": torch.stack([variance_hinge(view) for view in z]).mean(),
            "covariance": torch.stack([covariance_penalty(view) for view in z]).sum(),
        }
        loss = (
            o.w_invariance * terms["invariance"]
            + o.w_variance * terms["variance"]
            + o.w_covariance * terms["covariance"]
        )
        return StepResult(loss, {name: term.detach() for name, term in terms.items()})
