"""DINO: self-distillation without labels; a network's answers follow those of its slow copy."""

from typing import ClassVar, Literal

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from asdcfer.all_gather import all_gather_rows
from asdcfer.augmentation.views import Views
from asdcfer.losses.centering import moved_center, sharpened_target
from asdcfer.losses.sinkhorn import sinkhorn
from asdcfer.losses.soft_target import soft_target_cross_entropy
from asdcfer.methods.joint_embedding import MomentumEmbedding, MomentumOptions, projector_of
from asdcfer.methods.method import StepResult
from asdcfer.methods.run_progress import RunProgress
from asdcfer.models.encoder import Encoder
from asdcfer.models.prototypes import Prototypes


class DinoOptions(MomentumOptions):
    """Settings of DINO.

    Attributes:
        projector_hidden, projector_dim, projector_layers: of the head before the last layer.
        momentum_start, momentum_end: from 0.996 to 1.
        outputs: width of the last layer.
        temperature: of the network.
        target_temperature_start, target_temperature: of the momentum network, rising over the first
            `target_warmup` of the run; higher than 0.07 makes targets flat.
        target_warmup: share of the run.
        centering: "mean" takes off a running mean of the outputs (DINO); "sinkhorn" spreads each
            batch over all outputs (SwAV, DINOv2); "none" collapses, and is there to show it.
        center_momentum: of the running mean.
        last_layer_start: share of the run from which the last layer learns.
    """

    projector_dim: int = Field(256, ge=1)
    projector_layers: int = Field(3, ge=1)
    momentum_start: float = Field(0.996, ge=0, le=1)
    momentum_end: float = Field(1.0, ge=0, le=1)
    outputs: int = Field(2048, ge=2)
    temperature: float = Field(0.1, gt=0)
    target_temperature_start: float = Field(0.04, gt=0)
    target_temperature: float = Field(0.07, gt=0)
    target_warmup: float = Field(0.3, ge=0, le=1)
    centering: Literal["mean", "sinkhorn", "none"] = "mean"
    center_momentum: float = Field(0.9, ge=0, le=1)
    last_layer_start: float = Field(0.01, ge=0, le=1)


class Dino(MomentumEmbedding):
    """The answer to any view follows the momentum network's answer to one of the first two.

        p_i = softmax( (g_i - c) / t' ),  c <- m c + (1 - m) mean g
        L = mean_{i in {0,1}, j != i} CE( p_i, softmax( s_j / t ) )

    Two collapses are possible: one answer for all faces, or the same even answer. Centering
    forbids the first, the low temperature t' the second; `target_entropy` in the log falls to 0 or
    rises to log(outputs) where they fail. The weight decay of the paper rises along the run:
    `optimizer.weight_decay_end`.

    Args:
        encoder: what is learnt.
        options: see `DinoOptions`.

    Source: Caron et al., DINO, ICCV 2021, algorithm 1 and appendix; Sinkhorn centering as in
        DINOv2 (2023). NOTE: our reading: the head has batch normalization, as for convolutional
        encoders; views are all of one size; epochs of the paper are shares of the run.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> method = Dino(encoder, DinoOptions(projector_hidden=16, projector_dim=8, outputs=12))
        >>> result = method.training_step(Views([torch.randn(4, 1, 48, 48) for _ in range(2)]))
        >>> sorted(result.parts)
        ['dino', 'target_entropy']
    """

    Options: ClassVar[type[BaseModel]] = DinoOptions
    options: DinoOptions
    center: Tensor

    def __init__(self, encoder: Encoder, options: DinoOptions) -> None:
        super().__init__(encoder, options, DinoHead(encoder, options))
        self.progress = RunProgress()
        self.register_buffer("center", torch.zeros(options.outputs))

    @property
    def projector(self) -> nn.Module:
        """The head without its last layer, which belongs to `encoder`."""
        head = self.network.projector
        assert isinstance(head, DinoHead)
        return head.projector

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views, and move the center."""
        o = self.options
        head = self.network.projector
        assert isinstance(head, DinoHead)
        head.last_layer_learns = self.progress.reached(o.last_layer_start)
        answers = self.embed(views)
        outputs = self.keys(Views(views.crops[:2]))
        targets = [self._target(output) for output in outputs]
        loss = torch.stack(
            [
                soft_target_cross_entropy(answer, target, o.temperature)
                for i, target in enumerate(targets)
                for j, answer in enumerate(answers)
                if j != i
            ]
        ).mean()
        everything = all_gather_rows(torch.cat(outputs).float())
        self.center.copy_(moved_center(self.center, everything, o.center_momentum))
        entropy = torch.special.entr(torch.cat(targets)).sum(dim=1).mean()
        return StepResult(loss, {"dino": loss.detach(), "target_entropy": entropy})

    def _target(self, output: Tensor) -> Tensor:
        """Return the target distributions (B,K) of one view."""
        o = self.options
        temperature = self.progress.ramp(
            o.target_temperature_start, o.target_temperature, o.target_warmup
        )
        if o.centering == "sinkhorn":
            return sinkhorn(output, temperature)
        center = self.center if o.centering == "mean" else torch.zeros_like(self.center)
        return sharpened_target(output, center, temperature)

    def after_step(self, progress: float) -> None:
        """Move the momentum network, and the schedules of temperature and last layer."""
        super().after_step(progress)
        self.progress.set(progress)


class DinoHead(nn.Module):
    """A projector and unit output directions.

    Args:
        encoder: whose feature it takes.
        options: its shape.

    Attributes:
        last_layer_learns: False sends a gradient of 0 to the output directions.
    """

    def __init__(self, encoder: Encoder, options: DinoOptions) -> None:
        super().__init__()
        self.projector = projector_of(encoder, options)
        self.last = Prototypes(options.projector_dim, options.outputs)
        self.last_layer_learns = True

    def forward(self, feature: Tensor) -> Tensor:
        """Return outputs (B, outputs) of features (B,F)."""
        outputs: Tensor = self.last(self.projector(feature), self.last_layer_learns)
        return outputs
