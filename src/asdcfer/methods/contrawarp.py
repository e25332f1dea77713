"""ContraWarping: BYOL that pushes a face away from its own locally warped versions."""

from typing import ClassVar, Literal

import torch
from pydantic import BaseModel, Field

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.losses.warp_repulsion import warp_repulsion
from asdcfer.methods.byol import Byol, ByolOptions
from asdcfer.methods.method import StepResult


class ContrawarpOptions(ByolOptions):
    """Settings of ContraWarping: those of BYOL, and of the repulsion.

    Attributes:
        w_warp: weight of the repulsion.
        warp_form: "hinge" with `warp_margin`, or "softmax" with `warp_temperature`.
        warp_margin: by how much nearer another view is to be than a warp, as cosine.
        warp_temperature: of the softmax.
    """

    w_warp: float = Field(1.0, ge=0)
    warp_form: Literal["hinge", "softmax"] = "hinge"
    warp_margin: float = Field(0.5, ge=0, le=2)
    warp_temperature: float = Field(0.2, gt=0)


class Contrawarp(Byol):
    """Global changes keep an expression, local ones do not.

        L = L_byol + w_warp mean_{i != j} repulsion( q_i, k_j, keys of warps )

    It is `Byol` with one more term; its warps are made by `views.warp_negatives`.

    Args:
        encoder: what is learnt.
        options: see `ContrawarpOptions`.

    Source: ContraWarping (arXiv 2303.09034), abstract: global transformations as positives and
        random local warping as negatives of a siamese network. NOTE: our reading: the form of the
        repulsion, and warps without landmarks (`augmentation.warp`).

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Contrawarp(encoder, ContrawarpOptions(projector_hidden=16, projector_dim=8))
        >>> faces = [torch.randn(4, 1, 48, 48) for _ in range(3)]
        >>> sorted(method.training_step(Views(faces[:2], warps=faces[2:])).parts)
        ['byol', 'warp', 'warp_similarity']
    """

    Options: ClassVar[type[BaseModel]] = ContrawarpOptions
    reads_warps: ClassVar[bool] = True
    options: ContrawarpOptions

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views and warps.

        Raises:
            TrainingError: there are no warps, or too few views.
        """
        if not views.warps:
            raise TrainingError(
                "Contrawarp needs locally warped faces; set views.warp_negatives to 1 or more"
            )
        o = self.options
        predictions, keys = self.predictions(views), self.keys(views)
        warps = torch.stack([self.momentum_network(warp).projection for warp in views.warps], dim=1)
        byol = self.prediction_loss(predictions, keys)
        temperature = o.warp_temperature if o.warp_form == "softmax" else None
        warp = torch.stack(
            [
                warp_repulsion(prediction, key, warps, o.warp_margin, temperature)
                for i, prediction in enumerate(predictions)
                for j, key in enumerate(keys)
                if i != j
            ]
        ).mean()
        with torch.no_grad():
            similarity = torch.cosine_similarity(predictions[0].float(), warps[:, 0].float()).mean()
        return StepResult(
            byol + o.w_warp * warp,
            {"byol": byol.detach(), "warp": warp.detach(), "warp_similarity": similarity},
        )
