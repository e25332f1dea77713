"""Distillation: soft labels from a queue of the teacher's features, and regression of its maps."""

from typing import ClassVar

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from asdcfer.all_gather import all_gather_rows
from asdcfer.augmentation.views import Views
from asdcfer.losses.feature_regression import feature_regression
from asdcfer.losses.query_distillation import distribution_query_distillation
from asdcfer.methods.distillation_heads import MapHead
from asdcfer.methods.method import OptionsT, StepResult
from asdcfer.methods.queue import FeatureQueue, cut_queues
from asdcfer.methods.running_scaler import RunningScaler
from asdcfer.methods.taught_method import TaughtMethod
from asdcfer.methods.teacher import Teacher
from asdcfer.models.encoder import Encoder
from asdcfer.models.heads import Projector


class DistillationOptions(BaseModel):
    """Settings of plain distillation.

    Attributes:
        queue_size: earlier features of the teacher, the classes of the soft labels.
        temperature: of both distributions. 0.07, that of the source, makes the targets of
            standardized features one-hot; `target_entropy` in the log shows it.
        w_labels, w_maps: weights of soft labels and spatial regression; 0 builds nothing for it.
        student_maps, teacher_maps: which maps are compared, by index, in pairs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue_size: int = Field(4096, ge=1)
    temperature: float = Field(0.15, gt=0)
    w_labels: float = Field(1.0, ge=0)
    w_maps: float = Field(1.0, ge=0)
    student_maps: tuple[int, ...] = (-1,)
    teacher_maps: tuple[int, ...] = (-1,)


class Distillation(TaughtMethod):
    """ASDC without attention and without contrast: what it has to beat.

        L = w_labels KL( softmax(f_t.[f_t; Q] / t) || softmax(g_s.[f_t; Q] / t) )
            + w_maps mean_bchw ( align(F_s) - standardized F_t )^2

    With g_s = W f_s + w, a linear prediction of the teacher's standardized feature f_t; all
    positions and channels of the maps weigh the same.

    Args:
        encoder: the student.
        teacher: a frozen `Teacher`, or an encoder that becomes one; it needs no projector.
        options: see `DistillationOptions`.

    Raises:
        TrainingError: the teacher's maps cannot be aligned with the student's.

    Source: the distillation of LightlyTrain (2025) in its two published forms, a queue of teacher
        features as pseudo-classes and regression of spatial features, after its documentation:
        "lightly-train-like". NOTE: our reading: features and maps are standardized over the data,
        and both forms are added; its mixing of images is left out.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> spec = EncoderSpec(name="mobile", arguments={"width": 0.25})
        >>> options = DistillationOptions(queue_size=8)
        >>> method = Distillation(build_encoder(spec), build_encoder(spec), options)
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48)]))
        >>> sorted(result.parts)
        ['maps', 'soft_labels', 'target_entropy']
    """

    Options: ClassVar[type[BaseModel]] = DistillationOptions

    def __init__(
        self, encoder: Encoder, teacher: Teacher | Encoder, options: DistillationOptions
    ) -> None:
        super().__init__(teacher)
        self.options, self.student = options, encoder
        width = self.teacher.encoder.feature_dim
        self.head: Projector | None = None
        if options.w_labels > 0:
            self.head = Projector(encoder.feature_dim, 1, width, layers=1)
            self.statistics = RunningScaler(width)
            self.queue = FeatureQueue(width, options.queue_size)
        self.maps: MapHead | None = None
        if options.w_maps > 0:
            self.maps = MapHead(encoder, self.teacher, options.student_maps, options.teacher_maps)

    @classmethod
    def fit_to_dataset(cls, options: OptionsT, num_images: int) -> OptionsT:
        """Return the options with the queue cut to half the images."""
        return cut_queues(options, num_images, "queue_size", least=1)

    @property
    def encoder(self) -> Encoder:
        """The student that gets exported."""
        return self.student

    @property
    def projector(self) -> Projector | None:
        """The linear prediction of the teacher's feature; None without soft labels."""
        return self.head

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and fill the queue."""
        o = self.options
        taught = self.teacher_outputs(views, with_maps=self.maps is not None)
        maps = [self.student.forward_maps(crop) for crop in views.crops]
        parts: dict[str, Tensor] = {}
        loss = maps[0][0].new_zeros((), dtype=torch.float32)
        if self.head is not None:
            features = [self.student.pooling(each) for each in maps]
            targets = [self._standardized(one.feature) for one in taught]
            parts["soft_labels"], parts["target_entropy"] = self._soft_labels(features, targets)
            loss = loss + o.w_labels * parts["soft_labels"]
            self.queue.enqueue(all_gather_rows(targets[0]))
        if self.maps is not None:
            errors = [
                feature_regression(layer.aligned.flatten(1), layer.target.flatten(1))
                for own, one in zip(maps, taught, strict=True)
                for layer in self.maps(own, one)
            ]
            parts["maps"] = torch.stack(errors).mean()
            loss = loss + o.w_maps * parts["maps"]
        return StepResult(loss, {name: part.detach() for name, part in parts.items()})

    def _soft_labels(self, features: list[Tensor], targets: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Return divergence from the soft labels, and their entropy, as means over views."""
        assert self.head is not None
        queue = self.queue.negatives() if self.queue.filled else targets[0]
        t = self.options.temperature
        pairs = [
            distribution_query_distillation(self.head(feature), target, queue, t, t)
            for feature, target in zip(features, targets, strict=True)
        ]
        losses, entropies = zip(*pairs, strict=True)
        return torch.stack(losses).mean(), torch.stack(entropies).mean()

    def _standardized(self, feature: Tensor) -> Tensor:
        """Return the teacher's standardized feature (B,F_t)."""
        if self.training:
            self.statistics.observe(feature)
        standardized: Tensor = self.statistics(feature)
        return standardized
