"""The optimizer: SGD, AdamW or LARS from typed options, with weight decay on weights only."""

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn
from torch.optim import Optimizer

from asdcfer.training.engine.lars import LARS


class OptimizerOptions(BaseModel):
    """Which optimizer, and how it is driven.

    Attributes:
        name: "sgd", "adamw" or "lars".
        learning_rate: peak learning rate for `per_images` images a step.
        per_images: images a step that `learning_rate` is meant for; the effective value grows with
            the real number (linear rule, applied once, printed and stored). null takes
            `learning_rate` as it stands.
        sgd_momentum: momentum of SGD and LARS.
        weight_decay: on weights of two or more dimensions only; never on biases and normalization.
        betas: of AdamW.
        trust_coefficient: of LARS.
        warmup_epochs: length of the linear warm-up, epochs; may be a fraction.
        final_fraction: share of the peak that is left at the end of the cosine.
        clip_norm: largest norm of the whole gradient; null for none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["sgd", "adamw", "lars"] = "sgd"
    learning_rate: float = Field(0.06, gt=0)
    per_images: int | None = Field(256, ge=1)
    sgd_momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0)
    betas: tuple[float, float] = (0.9, 0.999)
    trust_coefficient: float = Field(1e-3, gt=0)
    warmup_epochs: float = Field(1.0, ge=0)
    final_fraction: float = Field(0.0, ge=0, le=1)
    clip_norm: float | None = Field(None, gt=0)


def build_optimizer(
    module: nn.Module, options: OptimizerOptions, learning_rate: float
) -> Optimizer:
    """Build the optimizer over the trainable parameters of a module.

    Args:
        module: frozen parameters (a teacher, a momentum network) are left out.
        options: which optimizer.
        learning_rate: the effective peak; the schedule overwrites it at every step.

    Example:
        >>> network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
        >>> [len(group["params"]) for group in build_optimizer(network, OptimizerOptions(), 0.1).param_groups]
        [1, 3]
    """
    trainable = [p for p in module.parameters() if p.requires_grad]
    weights = [p for p in trainable if p.ndim > 1]
    others = [p for p in trainable if p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": options.weight_decay, "adapt": True},
        {"params": others, "weight_decay": 0.0, "adapt": False},
    ]
    groups = [group for group in groups if group["params"]]
    if options.name == "lars":
        return LARS(
            groups,
            lr=learning_rate,
            sgd_momentum=options.sgd_momentum,
            trust_coefficient=options.trust_coefficient,
        )
    for group in groups:
        del group["adapt"]
    # The fused kernels touch every weight once; on a CPU they take about a third of the time of the
    # loop over tensors.
    if options.name == "adamw":
        return torch.optim.AdamW(groups, lr=learning_rate, betas=options.betas, fused=True)
    return torch.optim.SGD(groups, lr=learning_rate, momentum=options.sgd_momentum, fused=True)
