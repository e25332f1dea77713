"""SEED: the student spreads its likeness over earlier faces as its teacher does."""

from typing import ClassVar

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from asdcfer.all_gather import all_gather_rows
from asdcfer.augmentation.views import Views
from asdcfer.losses.query_distillation import distribution_query_distillation
from asdcfer.methods.distillation_heads import QueryHead
from asdcfer.methods.joint_embedding import ProjectorOptions
from asdcfer.methods.method import OptionsT, StepResult
from asdcfer.methods.queue import FeatureQueue, cut_queues
from asdcfer.methods.taught_method import TaughtMethod
from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import Encoder


class SeedOptions(ProjectorOptions):
    """Settings of SEED.

    Attributes:
        projector_dim: width of the stand-in for the query of a teacher without projector; else the
            student's query is as wide as the teacher's.
        queue_size: earlier queries of the teacher.
        teacher_temperature: 0.01 to 0.07; much smaller ones make the target one-hot, which
            `target_entropy` in the log shows.
        student_temperature: of the student's distribution.
    """

    queue_size: int = Field(4096, ge=1)
    teacher_temperature: float = Field(0.05, gt=0)
    student_temperature: float = Field(0.2, gt=0)


class Seed(TaughtMethod):
    """Self-supervised distillation by the teacher's similarities to a queue of its own queries.

        L = mean_views KL( softmax(q_t.[q_t; Q] / t_t) || softmax(q_s.[q_t; Q] / t_s) )

    The queue holds the teacher's queries of the first view and is filled once a step.

    Args:
        encoder: the student.
        teacher: a frozen `Teacher`, or an encoder that becomes one.
        options: see `SeedOptions`.

    Source: Fang et al., SEED, ICLR 2021, eq. 3 to 6. NOTE: our reading: every view is a student's
        view; a teacher without projector is asked for its standardized feature under a fixed random
        projection.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> spec = EncoderSpec(name="mobile", arguments={"width": 0.25})
        >>> options = SeedOptions(projector_hidden=16, projector_dim=8, queue_size=8)
        >>> method = Seed(build_encoder(spec), build_encoder(spec), options)
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48)]))
        >>> sorted(result.parts), method.queue.filled
        (['seed', 'target_entropy'], 4)
    """

    Options: ClassVar[type[BaseModel]] = SeedOptions

    def __init__(self, encoder: Encoder, teacher: Teacher | Encoder, options: SeedOptions) -> None:
        super().__init__(teacher)
        self.options, self.student = options, encoder
        self.queries = QueryHead(
            encoder.feature_dim,
            options.projector_dim,
            self.teacher,
            None if self.teacher.projector is None else self.teacher.query_dim(),
            options.projector_dim,
            options.projector_hidden,
            own=True,
            layers=options.projector_layers,
        )
        self.queue = FeatureQueue(self.queries.dim, options.queue_size)

    @classmethod
    def fit_to_dataset(cls, options: OptionsT, num_images: int) -> OptionsT:
        """Return the options with the queue cut to half the images."""
        return cut_queues(options, num_images, "queue_size", least=1)

    @property
    def encoder(self) -> Encoder:
        """The student that gets exported."""
        return self.student

    @property
    def projector(self) -> nn.Module | None:
        """The student's own projector to the teacher's query."""
        return self.queries.projector

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and fill the queue."""
        o = self.options
        targets = [self.queries.teacher(one) for one in self.teacher_outputs(views)]
        queue = self.queue.negatives() if self.queue.filled else targets[0]
        losses, entropies = [], []
        for crop, target in zip(views.crops, targets, strict=True):
            loss, entropy = distribution_query_distillation(
                self._query(crop), target, queue, o.teacher_temperature, o.student_temperature
            )
            losses.append(loss)
            entropies.append(entropy)
        self.queue.enqueue(all_gather_rows(targets[0]))
        loss = torch.stack(losses).mean()
        return StepResult(
            loss, {"seed": loss.detach(), "target_entropy": torch.stack(entropies).mean()}
        )

    def _query(self, crop: Tensor) -> Tensor:
        """Return the student's query (B,D_t) of a view."""
        feature = self.student(crop)
        return self.queries.student(feature, feature)
