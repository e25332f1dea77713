"""Supervised: cross-entropy from scratch with the usual tricks, the ceiling of all others."""

from typing import ClassVar

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from asdcfer.augmentation.mixing import mixup
from asdcfer.augmentation.views import Views
from asdcfer.losses.soft_target import smoothed_target, soft_target_cross_entropy
from asdcfer.methods.method import Method, StepResult
from asdcfer.methods.training_labels import TrainingLabels
from asdcfer.models.classifier import Classifier
from asdcfer.models.encoder import Encoder


class SupervisedOptions(BaseModel):
    """Settings of supervised training.

    Attributes:
        expressions: how many the labels tell apart; fewer than the pack has are refused.
        smoothing: share of each label that is spread over all expressions.
        mixup: alpha of the Beta distribution that two faces are blended by; 0 blends none.
        dropout: of the feature, before the classifier.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    expressions: int = Field(7, ge=2)
    smoothing: float = Field(0.1, ge=0, lt=1)
    mixup: float = Field(1.0, ge=0)
    dropout: float = Field(0.0, ge=0, lt=1)


class Supervised(Method):
    """Encoder and linear classifier learn the expressions of labeled faces.

        L = CE( smoothed label, softmax(W f + w) ), on faces blended by mixup

    It is in the table of label-free methods as their ceiling. `asdcfer finetune` trains a model to
    be used; here the encoder alone is kept and probed as any other. Mirror images at test time are
    the probe's (`probes.tta`). Faces without a label are left out.

    Args:
        encoder: what is learnt.
        options: see `SupervisedOptions`.

    Source: mixup with alpha 1 (Zhang et al., ICLR 2018) and smoothing 0.1 as in the best public
        single ResNet-18 on FER-2013 (73.7 %, README of LetheSec's repository).

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Supervised(encoder, SupervisedOptions())
        >>> method.take_labels(torch.tensor([0, 3, 6, -1]))
        >>> views = Views([torch.randn(4, 1, 48, 48)], index=torch.arange(4))
        >>> sorted(method.training_step(views).parts)
        ['accuracy', 'cross_entropy']
    """

    Options: ClassVar[type[BaseModel]] = SupervisedOptions
    needs_labels: ClassVar[bool] = True

    def __init__(self, encoder: Encoder, options: SupervisedOptions) -> None:
        super().__init__()
        self.options, self.network, self.labels = options, encoder, TrainingLabels()
        self.classifier = Classifier(encoder.feature_dim, options.expressions, options.dropout)

    @property
    def encoder(self) -> Encoder:
        """The encoder that gets exported."""
        return self.network

    @property
    def projector(self) -> None:
        """None: the classifier is thrown away."""
        return None

    def take_labels(self, labels: Tensor) -> None:
        """Take the expressions of all training faces; see `Method.take_labels`."""
        self.labels.take(labels, self.options.expressions)

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        labels = self.labels.of(views)
        known = labels >= 0
        crop = torch.cat([crop[known] for crop in views.crops])
        label = labels[known].repeat(len(views.crops))
        if not len(crop):
            nothing = torch.as_tensor(sum(parameter.sum() for parameter in self.parameters()) * 0)
            # The same parts as ever: processes that train together log the mean of each.
            zero = nothing.detach()
            return StepResult(nothing, {"cross_entropy": zero, "accuracy": zero})
        target = smoothed_target(label, self.options.expressions, self.options.smoothing)
        if self.options.mixup > 0:
            alpha = torch.tensor(self.options.mixup)
            share = float(torch.distributions.Beta(alpha, alpha).sample())
            crop, target = mixup(crop, target, share, torch.randperm(len(crop)).to(crop.device))
        logits = self.classifier(self.network(crop))
        loss = soft_target_cross_entropy(logits, target, temperature=1.0)
        right = (logits.argmax(dim=1) == target.argmax(dim=1)).float().mean()
        return StepResult(loss, {"cross_entropy": loss.detach(), "accuracy": right})
