"""Mirrored self-supervised learning: a face and its mirror image, whole and by halves."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from asdcfer.augmentation.views import Views
from asdcfer.losses.dense_contrast import dense_contrast
from asdcfer.losses.mirror_consistency import half_means, mirror_distance
from asdcfer.losses.nt_xent import nt_xent
from asdcfer.methods.embedding_network import EmbeddingOutput
from asdcfer.methods.joint_embedding import JointEmbedding, ProjectorOptions
from asdcfer.methods.map_choice import channels_of_map
from asdcfer.methods.method import StepResult
from asdcfer.models.encoder import Encoder


class MirroredOptions(ProjectorOptions):
    """Settings of mirrored learning.

    Attributes:
        temperature: of both contrasts.
        w_mirror: weight of the agreement of maps; strict agreement hides how a face is lopsided.
        w_halves: weight of the contrast of halves; 0 builds no head for it.
        map: which map is mirrored and halved, by index.
        halves_dim: width of a projected half.
    """

    temperature: float = Field(0.2, gt=0)
    w_mirror: float = Field(0.5, ge=0)
    w_halves: float = Field(0.5, ge=0)
    map: int = -2
    halves_dim: int = Field(64, ge=1)


class Mirrored(JointEmbedding):
    """Every view is seen with its mirror image; all of them are positives of one another.

        L = NT-Xent( z(x_i), z(flip x_i), for all views i )
            + w_mirror mean_i || unit F(x_i) - unit flip F(flip x_i) ||^2
            + w_halves contrast( left half of x_i, right half of flip x_i )

    The left half of a face becomes the right half of its mirror image: these are the local
    positives, with the same half of other faces as negatives.

    Args:
        encoder: what is learnt.
        options: see `MirroredOptions`.

    Source: after the title of Pan et al., "Mirrored self-supervised learning" for facial expression
        recognition (MSL-FER), ICIP 2022, whose text was not to be had: "-like". NOTE: our reading
        throughout.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Mirrored(encoder, MirroredOptions(projector_hidden=16, projector_dim=8))
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['contrastive', 'halves', 'mirror']
    """

    Options: ClassVar[type[BaseModel]] = MirroredOptions
    options: MirroredOptions
    least_views: ClassVar[int] = 1

    def __init__(self, encoder: Encoder, options: MirroredOptions) -> None:
        super().__init__(encoder, options)
        self._views = 2
        self.halves: nn.Module | None = None
        width = channels_of_map(encoder.map_channels, options.map, "map")
        if options.w_halves > 0:
            self.halves = nn.Sequential(
                nn.Linear(width, width), nn.ReLU(), nn.Linear(width, options.halves_dim)
            )

    def num_negatives(self, batch_size: int) -> int:
        """Return how many other views a view met in the last step, beside its positive."""
        return 2 * self._views * batch_size - 2

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        self.check_views(views)
        self._views, o = len(views.crops), self.options
        faces = [self.network(crop) for crop in views.crops]
        mirrors = [self.network(crop.flip(-1)) for crop in views.crops]
        everything = torch.stack([one.projection for one in (*faces, *mirrors)])
        terms = {"contrastive": nt_xent(everything, o.temperature)}
        pairs = list(zip(faces, mirrors, strict=True))
        terms["mirror"] = torch.stack(
            [mirror_distance(face.maps[o.map], mirror.maps[o.map]) for face, mirror in pairs]
        ).mean()
        loss = terms["contrastive"] + o.w_mirror * terms["mirror"]
        if self.halves is not None:
            terms["halves"] = torch.stack([self._halves(*pair) for pair in pairs]).mean()
            loss = loss + o.w_halves * terms["halves"]
        return StepResult(loss, {name: term.detach() for name, term in terms.items()})

    def _halves(self, face: EmbeddingOutput, mirror: EmbeddingOutput) -> Tensor:
        """Return the contrast of each half with the other half of the mirror image."""
        assert self.halves is not None
        own = self.halves(half_means(face.maps[self.options.map]))
        other = self.halves(half_means(mirror.maps[self.options.map]).flip(1))
        return dense_contrast(own, other, temperature=self.options.temperature)
