"""Occluded: say where a face is covered, and be the same with and without the cover."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field, model_validator
from torch import Tensor, nn

from asdcfer.augmentation.occluders import OCCLUDER_DRAWS, covered_cells, paste_occluders
from asdcfer.augmentation.views import Views
from asdcfer.losses.nt_xent import nt_xent
from asdcfer.losses.occlusion_prediction import occlusion_prediction
from asdcfer.methods.joint_embedding import JointEmbedding, ProjectorOptions
from asdcfer.methods.map_choice import channels_of_map
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder


class OccludedOptions(ProjectorOptions):
    """Settings of learning from occluded faces.

    Attributes:
        temperature: of the contrast.
        w_occlusion, w_contrastive: weights of prediction and contrast.
        area: least and largest area of an occluder, as a share of the view.
        map: whose cells are told covered or not, by index.
    """

    temperature: float = Field(0.2, gt=0)
    w_occlusion: float = Field(1.0, ge=0)
    w_contrastive: float = Field(1.0, ge=0)
    area: tuple[float, float] = (0.1, 0.35)
    map: int = -2

    @model_validator(mode="after")
    def _rising(self) -> "OccludedOptions":
        if not 0 < self.area[0] <= self.area[1] <= 1:
            raise ValueError(f"area must be two rising shares in 0..1, not {list(self.area)}")
        return self


class Occluded(JointEmbedding):
    """Synthetic occluders are pasted on all views but the first of each face.

        L = w_occlusion BCE( head(F(occluded x)), covered cells )
            + w_contrastive NT-Xent( z(x_1), z(occluded x_i), i > 1 )

    The first pretext task makes the encoder see what hides a face, the second makes it see past
    that. The head is one 1x1 convolution, so that the map itself must tell.

    Args:
        encoder: what is learnt.
        options: see `OccludedOptions`.

    Source: after the abstract of Wang, Ding, Wang, ACCV 2022 (self-supervised facial expression
        recognition under occlusion): both pretext tasks are from it, their form is not: "-like".
        NOTE: our reading: shape and filling of the occluders, one cell of a map as unit, NT-Xent.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Occluded(encoder, OccludedOptions(projector_hidden=16, projector_dim=8))
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['contrastive', 'covered_found', 'occlusion']
    """

    Options: ClassVar[type[BaseModel]] = OccludedOptions
    options: OccludedOptions

    def __init__(self, encoder: Encoder, options: OccludedOptions) -> None:
        super().__init__(encoder, options)
        self._views = 2
        channels = channels_of_map(encoder.map_channels, options.map, "map")
        self.occlusion = nn.Conv2d(channels, 1, kernel_size=1)

    def num_negatives(self, batch_size: int) -> int:
        """Return how many other views a view met in the last step, beside its positive."""
        return self._views * batch_size - 2

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        self.check_views(views)
        self._views, o = len(views.crops), self.options
        projections = [self.network(views.crops[0]).projection]
        losses, found = [], []
        for crop in views.crops[1:]:
            draws = torch.rand(len(crop), OCCLUDER_DRAWS, device=crop.device)
            occluded, covered = paste_occluders(crop, draws, o.area)
            seen = self.network(occluded)
            projections.append(seen.projection)
            logits = self.occlusion(seen.maps[o.map])[:, 0]
            target = covered_cells(covered, *logits.shape[1:])
            losses.append(occlusion_prediction(logits, target))
            found.append(balanced_accuracy(logits > 0, target > 0))
        terms = {
            "contrastive": nt_xent(torch.stack(projections), o.temperature),
            "occlusion": torch.stack(losses).mean(),
        }
        loss = o.w_contrastive * terms["contrastive"] + o.w_occlusion * terms["occlusion"]
        parts = {name: term.detach() for name, term in terms.items()}
        return StepResult(loss, parts | {"covered_found": torch.stack(found).mean()})


@torch.no_grad()
def balanced_accuracy(said: Tensor, true: Tensor) -> Tensor:
    """Return the mean of the shares of covered and of free cells that are told rightly.

    Args:
        said: bool, of any shape.
        true: bool of the same shape.

    Returns:
        Scalar in 0..1; 0.5 where all cells are told alike.

    Example:
        >>> said = torch.tensor([True, True, True, True])
        >>> balanced_accuracy(said, torch.tensor([True, False, False, False])).item()
        0.5
    """
    covered = (said & true).sum() / true.sum().clamp_min(1)
    free = (~said & ~true).sum() / (~true).sum().clamp_min(1)
    return (covered + free) / 2
