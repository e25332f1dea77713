"""Budget: as many epochs as end in a given time, from the measured time of a step.

A schedule (learning rate, resolution, momentum) is worth most when it runs to its end. With a
budget its length follows from the machine: the stage takes a few steps at each size of its views
before the run starts, and its epochs are set so that the schedule ends in time.
"""

import itertools
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import AfterValidator, BeforeValidator

from asdcfer.augmentation.resolution import resolution_at
from asdcfer.augmentation.views import ViewMaker
from asdcfer.devices import resolve_device, resolve_precision
from asdcfer.errors import RecipeError
from asdcfer.methods.head_fitting import rows_looked_at
from asdcfer.methods.method import Method
from asdcfer.plain_yaml import from_yaml
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.optimizer import build_optimizer

MARGIN = 0.92
"""Share of a budget that its epochs are planned to take; the rest is for health checks,
checkpoints, and a machine that is slower later."""
STEPS, LEAST_SECONDS, MOST_SECONDS = 3, 1.0, 20.0
"""A size of view is measured for at least so many steps and seconds, and not much longer."""
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}


class ShortBudgetError(RecipeError):
    """A budget in which a stage cannot make one epoch of its faces."""


def seconds_of(duration: str) -> float:
    """Return how many seconds a duration is.

    Args:
        duration: hours, minutes and seconds, as "150m", "2h30m" or "90s".

    Raises:
        ValueError: it is none, or no time at all.

    Example:
        >>> seconds_of("2h30m"), seconds_of("90s"), seconds_of("1.5m")
        (9000.0, 90.0, 90.0)
    """
    found = re.fullmatch(r"(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?", duration.strip().lower())
    try:
        parts = [float(part or 0) for part in found.groups()] if found else [0.0]
    except ValueError:
        parts = [0.0]
    seconds = sum(part * unit for part, unit in zip(parts, UNITS.values(), strict=False))
    if not 0 < seconds < math.inf:
        raise ValueError(f"{duration!r} is no duration; write 150m, 2h30m or 90s")
    return seconds


def _checked(duration: str) -> str:
    seconds_of(duration)
    return duration


Duration = Annotated[str, BeforeValidator(str), AfterValidator(_checked)]
"""Type of an option that holds a duration, as "150m"."""


@dataclass(frozen=True)
class StepTimes:
    """How long a stage takes on this machine.

    Attributes:
        steps: side of the views, pixels -> seconds of one update.
        prepare: seconds before the first step, as for a teacher's maps of all faces and for fitted
            heads.
    """

    steps: Mapping[int, float]
    prepare: float = 0.0

    def epoch(self, resolution: list[tuple[float, int]], side: int, steps: int) -> float:
        """Return the mean seconds of an epoch along a plan of resolutions.

        Args:
            resolution: pairs (from which share of the run, side).
            side: where the plan says nothing.
            steps: updates of an epoch.

        Example:
            >>> StepTimes({32: 1.0, 48: 3.0}).epoch([(0.0, 32), (0.5, 48)], 48, 10)
            20.0
        """
        edges = sorted({0.0, *(start for start, _ in resolution), 1.0})
        return steps * sum(
            (end - start) * self.steps[resolution_at(start, resolution, side)]
            for start, end in itertools.pairwise(edges)
        )


def measure_steps(
    method: Method, images: torch.Tensor, total: int, stage: Any, hardware: Hardware
) -> StepTimes:
    """Measure a stage by training a throwaway method for a few steps at each size of its views.

    Args:
        method: as the stage builds it; its weights change.
        images: uint8 (N,H,W) or (N,H,W,3), at least a batch of them.
        total: faces that the stage trains on. `Method.prepare` is taken to grow with them, and
            `Method.fit_heads` as far as it looks at them.
        stage: `recipe.StageOptions`.
        hardware: what to train on; one process is measured.
    """
    device = resolve_device(hardware.device)
    bf16 = resolve_precision(stage.precision, device).precision == "bf16-mixed"
    place = hardware.own_device(device)
    method.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch has no type
    method.to(place).train()
    images = images[: stage.batch_size]
    asking = _seconds_of_second(lambda: method.prepare(images), device)
    fitting = _seconds_of_second(lambda: method.fit_heads(images), device)
    prepare = (asking * total + fitting * len(rows_looked_at(total))) / len(images)
    images = images.to(place)
    index, generator = torch.arange(len(images), device=place), torch.Generator().manual_seed(0)
    optimizer = build_optimizer(method, stage.optimizer, 1e-6)
    steps: dict[int, float] = {}
    for side in sorted({stage.views.size, *(side for _, side in stage.resolution)}):
        maker = ViewMaker(stage.views.model_copy(update={"size": side}))

        def step(maker: ViewMaker = maker) -> None:
            views = maker(images, method.encoder.preprocessing, generator, index)
            with torch.autocast(device, torch.bfloat16, enabled=bf16):
                loss = method.training_step(views).loss
            torch.autograd.backward(loss)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            method.after_step(0.0)
            _wait(device)

        steps[side] = stage.accumulate * _seconds_a_call(step)
    return StepTimes(steps, prepare)


def fitted_epochs(
    seconds: float, stages: Mapping[str, tuple[float, float, int | None]]
) -> dict[str, int]:
    """Return the epochs of each stage that end in a time together.

    Stages without epochs of their own get equal parts of the time; those with epochs share the
    rest in proportion to what they would take as written.

    Args:
        seconds: for all stages.
        stages: name -> (seconds of an epoch, seconds before the first one, epochs as written or
            None).

    Raises:
        ShortBudgetError: a stage cannot make one epoch in its part.

    Example:
        >>> fitted_epochs(1000, {"teacher": (10.0, 0.0, 20), "student": (10.0, 100.0, None)})
        {'teacher': 46, 'student': 36}
    """
    written = {
        name: before + epoch * epochs
        for name, (epoch, before, epochs) in stages.items()
        if epochs is not None
    }
    part = seconds / len(stages)
    rest = part * len(written)
    found = {}
    for name, (epoch, before, epochs) in stages.items():
        own = part if epochs is None else rest * written[name] / sum(written.values())
        found[name] = int((own * MARGIN - before) / epoch)
        if found[name] < 1:
            raise ShortBudgetError(
                f"one epoch of the {name} takes about {_words(epoch)}"
                + (f" after {_words(before)} of preparation" if before > 1 else "")
                + f", and its part of the budget is {_words(own)}; give a longer budget, or fewer "
                "faces by data.images"
            )
    return found


def summary(section: str, times: StepTimes, epochs: int, seconds: float) -> str:
    """Return in words what was measured and what follows."""
    speeds = ", ".join(f"{value:.2f} s at {side} pixels" for side, value in times.steps.items())
    return f"{section}: a step takes {speeds}; {epochs} epochs in about {_words(seconds)}"


def as_record(times: StepTimes, epochs: int, seconds: float) -> dict[str, Any]:
    """Return what a run's record keeps of a stage's budget."""
    return {**asdict(times), "epochs": epochs, "planned_seconds": round(seconds, 1)}


def stored_epochs(recipe_file: Path, budget: str) -> dict[str, int]:
    """Return section -> epochs of a run that was started with the same budget; {} for another."""
    try:
        before = from_yaml(recipe_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(before, dict) or before.get("budget") != budget:
        return {}
    return {
        section: stage["epochs"]
        for section, stage in before.items()
        if isinstance(stage, dict) and isinstance(stage.get("epochs"), int)
    }


def _seconds_of_second(work: Callable[[], None], device: str) -> float:
    """Return the time of work that is done twice: the first time loads and chooses kernels."""
    work()
    _wait(device)
    begun = time.perf_counter()
    work()
    _wait(device)
    return time.perf_counter() - begun


def _seconds_a_call(step: Any) -> float:
    """Return the median time of a call, after one that warms up."""
    step()
    taken: list[float] = []
    while len(taken) < STEPS or sum(taken) < LEAST_SECONDS:
        begun = time.perf_counter()
        step()
        taken.append(time.perf_counter() - begun)
        if sum(taken) > MOST_SECONDS:
            break
    return sorted(taken)[len(taken) // 2]


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def _words(seconds: float) -> str:
    return f"{seconds / 60:.1f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"
