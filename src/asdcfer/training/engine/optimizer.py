"""The optimizer: SGD, AdamW or LARS from typed options, with weight decay on weights only.

The only builder of the package; each group of parameters carries its own `peak`, which the engine
multiplies with the schedule before every step.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn
from torch.optim import Optimizer

from asdcfer.training.engine.lars import LARS
from asdcfer.training.engine.parameter_groups import RatedParameters

_Share = Annotated[float, Field(ge=0, lt=1)]


class OptimizerOptions(BaseModel):
    """Which optimizer, and how it is driven.

    Attributes:
        name: "sgd", "adamw" or "lars".
        learning_rate: peak learning rate for `per_images` images a step.
        per_images: images a step that `learning_rate` is meant for; the effective value grows with
            the real number (linear rule, applied once, printed and stored). null takes
            `learning_rate` as it stands.
        sgd_momentum: momentum of SGD and LARS.
        nesterov: look ahead along the momentum; of SGD.
        weight_decay: on weights of two or more dimensions only; never on biases and normalization.
        weight_decay_end: where the decay goes along half a cosine (DINO); null keeps it.
        betas: of AdamW.
        trust_coefficient: of LARS.
        warmup_epochs: length of the linear warm-up, epochs; may be a fraction.
        layer_decay: each block of the encoder learns at this share of the block above it; 1 for
            all alike.
        final_fraction: share of the peak that is left at the end of the cosine.
        clip_norm: largest norm of the whole gradient; null for none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["sgd", "adamw", "lars"] = "sgd"
    learning_rate: float = Field(0.06, gt=0)
    per_images: int | None = Field(256, ge=1)
    sgd_momentum: float = Field(0.9, ge=0, lt=1)
    nesterov: bool = False
    weight_decay: float = Field(5e-4, ge=0)
    weight_decay_end: float | None = Field(None, ge=0)
    betas: tuple[_Share, _Share] = (0.9, 0.999)
    trust_coefficient: float = Field(1e-3, gt=0)
    warmup_epochs: float = Field(1.0, ge=0)
    layer_decay: float = Field(1.0, gt=0, le=1)
    final_fraction: float = Field(0.0, ge=0, le=1)
    clip_norm: float | None = Field(None, gt=0)


def build_optimizer(
    trained: nn.Module | Sequence[RatedParameters], options: OptimizerOptions, learning_rate: float
) -> Optimizer:
    """Build the optimizer over trainable parameters.

    Args:
        trained: a module, whose frozen parameters (a teacher, a momentum network) are left out, or
            parameters with their shares of the learning rate.
        options: which optimizer.
        learning_rate: the effective peak; the schedule overwrites it at every step.

    Returns:
        The optimizer; each of its groups has a `peak`, the learning rate times the group's share,
        and says whether its weights are `decayed`.

    Example:
        >>> network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
        >>> optimizer = build_optimizer(network, OptimizerOptions(), 0.1)
        >>> [(len(group["params"]), group["peak"]) for group in optimizer.param_groups]
        [(1, 0.1), (3, 0.1)]
    """
    if isinstance(trained, nn.Module):
        trained = [RatedParameters([p for p in trained.parameters() if p.requires_grad])]
    groups: list[dict[str, Any]] = []
    for rated in trained:
        peak = learning_rate * rated.share
        for decayed in (True, False):
            chosen = [p for p in rated.parameters if (p.ndim > 1) == decayed]
            decay = options.weight_decay if decayed else 0.0
            if chosen:
                rates = {"weight_decay": decay, "lr": peak, "peak": peak, "decayed": decayed}
                groups.append({"params": chosen, **rates})
    if options.name == "lars":
        for group in groups:
            group["adapt"] = group["params"][0].ndim > 1
        return LARS(
            groups,
            lr=learning_rate,
            sgd_momentum=options.sgd_momentum,
            trust_coefficient=options.trust_coefficient,
        )
    # The fused kernels touch every weight once; on a CPU they take about a third of the time of the
    # loop over tensors.
    if options.name == "adamw":
        return torch.optim.AdamW(groups, lr=learning_rate, betas=options.betas, fused=True)
    return torch.optim.SGD(
        groups,
        lr=learning_rate,
        momentum=options.sgd_momentum,
        nesterov=options.nesterov and options.sgd_momentum > 0,
        fused=True,
    )
