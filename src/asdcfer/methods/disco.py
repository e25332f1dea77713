"""DisCo: momentum contrast, and embeddings that are near those of a frozen teacher."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import nn

from asdcfer.augmentation.views import Views
from asdcfer.errors import TrainingError
from asdcfer.losses.query_distillation import squared_query_distillation
from asdcfer.methods.method import OptionsT, StepResult
from asdcfer.methods.moco import Moco
from asdcfer.methods.moco_options import MocoOptions
from asdcfer.methods.taught_method import TaughtMethod
from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import Encoder
from asdcfer.models.heads import Projector

USUAL_HIDDEN = 2048
"""Hidden width where the teacher's projector has no hidden layer."""


class DiscoOptions(MocoOptions):
    """Settings of DisCo: those of momentum contrast, and the weights of the two terms.

    Attributes:
        w_contrastive, w_distance: weights of the terms.
        projector_hidden: 0 takes the teacher's hidden width, or 2048 where it has no hidden layer.
        projector_dim: without effect; the student's embedding is as wide as the teacher's.
    """

    w_contrastive: float = Field(1.0, ge=0)
    w_distance: float = Field(1.0, ge=0)
    projector_hidden: int = Field(0, ge=0)


class Disco(TaughtMethod):
    """Distilled contrastive learning: contrast and imitation share one projector.

        L = w_contrastive InfoNCE + w_distance mean_views || unit(q_s) - unit(q_t) ||^2

    The student's projector is as wide inside as the teacher's: a narrow one is the bottleneck of
    distillation. It is `Asdc` with the query term alone, in its plain form.

    Args:
        encoder: the student.
        teacher: a frozen `Teacher` with a projector.
        options: see `DiscoOptions`.

    Raises:
        TrainingError: the teacher has no projector.

    Source: Gao et al., DisCo, ECCV 2022, eq. 4 to 6 and section 3.4; all weights 1, both views.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> spec = EncoderSpec(name="mobile", arguments={"width": 0.25})
        >>> encoder, projector = build_encoder(spec), Projector(96, 16, 8)
        >>> teacher = Teacher(build_encoder(spec), projector)
        >>> method = Disco(encoder, teacher, DiscoOptions(queue_size=8))
        >>> method.projector.hidden_dim
        16
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['contrastive', 'distance', 'positive_similarity']
    """

    Options: ClassVar[type[BaseModel]] = DiscoOptions
    reads_warps: ClassVar[bool] = True

    def __init__(self, encoder: Encoder, teacher: Teacher | Encoder, options: DiscoOptions) -> None:
        super().__init__(teacher)
        self.options = options
        theirs = self.teacher.projector
        deep = isinstance(theirs, Projector) and theirs.layers > 1
        hidden = theirs.hidden_dim if isinstance(theirs, Projector) and deep else USUAL_HIDDEN
        shape = {
            "projector_dim": self.teacher.query_dim(),
            "projector_hidden": options.projector_hidden or hidden,
        }
        self.contrast = Moco(encoder, options.model_copy(update=shape))

    @classmethod
    def fit_to_dataset(cls, options: OptionsT, num_images: int) -> OptionsT:
        """Return the options with each queue cut to half the images."""
        return Moco.fit_to_dataset(options, num_images)

    @property
    def encoder(self) -> Encoder:
        """The student that gets exported."""
        return self.contrast.encoder

    @property
    def projector(self) -> nn.Module:
        """The student's projector, as wide as the teacher's."""
        return self.contrast.projector

    def num_negatives(self, batch_size: int) -> int:
        """Return how many negatives a query of the contrast met in the last step."""
        return self.contrast.num_negatives(batch_size)

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and fill the queue."""
        o, embeddings = self.options, self.contrast.embed(views)
        terms = self.contrast.terms(embeddings)
        distances = []
        for query, taught in zip(embeddings.queries, self.teacher_outputs(views), strict=True):
            if taught.query is None:
                raise TrainingError("the teacher has no projector, so it has no query vectors")
            distances.append(squared_query_distillation(query.projection, taught.query))
        terms["distance"] = torch.stack(distances).mean()
        loss = o.w_contrastive * terms["contrastive"] + o.w_distance * terms["distance"]
        if "dense" in terms:
            loss = loss + o.w_dense * terms["dense"]
        parts = {name: term.detach() for name, term in terms.items()}
        parts |= self.contrast.similarities(embeddings)
        self.contrast.enqueue(embeddings)
        return StepResult(loss, parts)

    def after_step(self, progress: float) -> None:
        """Move the student's momentum network."""
        self.contrast.after_step(progress)
