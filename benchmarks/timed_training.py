"""Train for a time, not for epochs; benchmarks/timed_training.py is part of headline_gpu.py.

Schedules follow the clock.

The number of updates that were made is returned with the result; a run on another machine makes
another number of them.
"""

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from asdcfer.errors import TrainingError
from asdcfer.methods.method import StepResult
from asdcfer.models.ema import MomentumEncoder
from asdcfer.training.captured_step import CapturedStep

Sides = Sequence[tuple[float, int]]
GROWING: Sides = ((0.0, 32), (0.4, 40), (0.7, 48))
"""From which share of the time on views have which side, pixels."""
EVERY = 10
"""Updates between two looks at the clock; on a GPU each look waits for the device."""


class Average:
    """A moving average of a module's weights, in evaluation mode.

    Args:
        module: what it follows.
        memory: its momentum once it is old; a young average forgets as fast as it is old.
    """

    def __init__(self, module: nn.Module, memory: float = 0.999) -> None:
        self.followed, self.memory, self.updates = module, memory, 0
        self.follower = MomentumEncoder(module).eval()

    @property
    def module(self) -> nn.Module:
        """The averaged copy."""
        return self.follower.network

    def update(self) -> None:
        """Follow the module."""
        self.updates += 1
        momentum = min(self.memory, self.updates / (self.updates + 10))
        self.follower.update(self.followed, momentum)


@dataclass
class Timed:
    """What a training came to: updates, seconds, and the last loss and parts."""

    steps: int
    seconds: float
    images_per_second: float
    last: dict[str, float] = field(default_factory=dict)
    curve: list[dict[str, float]] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Return it for a result file."""
        return {
            "steps": self.steps,
            "seconds": round(self.seconds, 1),
            "images_per_second": round(self.images_per_second),
            "last": self.last,
            "curve": self.curve,
        }


def build_adamw(
    groups: list[dict[str, Any]], device: torch.device, decay: float
) -> torch.optim.Optimizer:
    """Return AdamW over groups with `params` and `peak`.

    Its rates live on the device, so that a recorded step sees them change.
    """
    built = []
    for group in groups:
        for weights in (True, False):
            chosen = [p for p in group["params"] if p.requires_grad and (p.ndim > 1) == weights]
            if chosen:
                rate = torch.tensor(0.0, device=device) if device.type == "cuda" else 0.0
                built.append(
                    {
                        "params": chosen,
                        "peak": group["peak"],
                        "lr": rate,
                        "weight_decay": decay if weights else 0.0,
                    }
                )
    if device.type == "cuda":
        return torch.optim.AdamW(
            built, lr=torch.tensor(0.0, device=device), fused=True, capturable=True
        )
    return torch.optim.AdamW(built, lr=1e-3, fused=True)


def share_of_peak(progress: float, warm: float = 0.03) -> float:
    """Return the learning rate as a share of its peak: linear warm-up, then half a cosine."""
    if progress < warm:
        return max(progress, 1e-3) / warm
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warm) / (1 - warm))))


def set_rates(optimizer: torch.optim.Optimizer, share: float) -> None:
    """Set each group's rate to a share of its peak."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(group["peak"] * share)
        else:
            group["lr"] = group["peak"] * share


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a timed training goes on.

    Attributes:
        device: where it happens.
        seed: of everything random.
        sides: which side views have when.
        averages: moved after every update.
        before: called with the progress in 0..1 before every update.
        after: called with the progress in 0..1 after every update.
        capture: record the update as a CUDA graph.
        warm: updates before the recording.
        clip_norm: largest norm of the gradient.
        most: updates at most, for an exact repetition.
    """

    device: torch.device
    seed: int = 0
    sides: Sides = GROWING
    averages: Sequence[Average] = ()
    before: Callable[[float], None] | None = None
    after: Callable[[float], None] | None = None
    capture: bool = True
    warm: int = 3
    clip_norm: float | None = 5.0
    most: int | None = None

    def around(self, update: Callable[[], StepResult], progress: float) -> StepResult:
        """Return the result of an update, with what goes before and after it."""
        if self.before is not None:
            self.before(progress)
        result = update()
        for average in self.averages:
            average.update()
        if self.after is not None:
            self.after(progress)
        return result


def train_for(
    name: str,
    seconds: float,
    loss_of: Callable[[Tensor, int], StepResult],
    optimizer: torch.optim.Optimizer,
    count: int,
    batch: int,
    plan: Plan,
) -> Timed:
    """Train until the time is over.

    Args:
        name: for messages.
        seconds: the time.
        loss_of: rows (B,) and side of the views -> loss and parts.
        optimizer: from `build_adamw`.
        count: images.
        batch: images of an update.
        plan: everything else.

    Raises:
        TrainingError: the loss stopped being finite.
    """
    device, most = plan.device, plan.most
    torch.manual_seed(plan.seed)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    steps: dict[int, CapturedStep] = {}
    curve: list[dict[str, float]] = []
    start = time.perf_counter()
    progress, done, position = 0.0, 0, count
    order = torch.zeros(0, dtype=torch.int64, device=device)
    result: StepResult | None = None
    rate = 0.0
    while progress < 1:
        side = next(size for since, size in reversed(plan.sides) if progress >= since)
        if side not in steps:
            steps[side] = CapturedStep(
                lambda rows, side=side: loss_of(rows, side),
                optimizer,
                parameters,
                plan.clip_norm,
                plan.capture,
                plan.warm if not steps else 3,
            )
        if position + batch > count:
            order, position = torch.randperm(count, device=device), 0
        set_rates(optimizer, share_of_peak(progress))
        rows = order[position : position + batch]
        result = plan.around(functools.partial(steps[side], rows), progress)
        position += batch
        done += 1
        if done % EVERY == 0 or device.type == "cpu":
            if device.type == "cuda":
                torch.cuda.synchronize()
            elapsed = time.perf_counter() - start
            rate, progress = done / elapsed, elapsed / seconds
            if most is not None:
                progress = done / most
            if len(curve) < 20 * progress:
                values = {
                    "progress": round(progress, 3),
                    "step": done,
                    "side": side,
                    "loss": float(result.loss),
                } | {k: float(v) for k, v in result.parts.items()}
                if not math.isfinite(values["loss"]):
                    raise TrainingError(f"{name}: the loss stopped being finite at step {done}")
                curve.append(values)
        elif rate:
            progress = min(progress + 1 / (rate * seconds), 1.0) if most is None else done / most
    assert result is not None
    elapsed = time.perf_counter() - start
    last = {"loss": float(result.loss)} | {key: float(value) for key, value in result.parts.items()}
    return Timed(done, elapsed, done * batch / elapsed, last, curve)
