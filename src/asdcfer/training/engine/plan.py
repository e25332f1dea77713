"""The numbers of a run: how many steps it has, and how the loop treats them."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator


def _as_word(value: object) -> object:
    return str(value) if isinstance(value, int) else value


# In YAML and on a command line, 32 is a number.
Precision = Annotated[Literal["auto", "bf16", "32"], BeforeValidator(_as_word)]
"""Type of the option that says in how many bits networks compute."""


@dataclass(frozen=True)
class Plan:
    """The numbers that follow from settings, data and processes.

    Attributes:
        images: faces trained on.
        images_per_step: faces of one update, over processes and accumulated batches.
        steps_per_epoch, total_steps, warmup_steps: updates.
        learning_rate: the effective peak.
        processes: how many train together.
    """

    images: int
    images_per_step: int
    steps_per_epoch: int
    total_steps: int
    warmup_steps: int
    learning_rate: float
    processes: int

    @property
    def epochs(self) -> int:
        """Passes over the data."""
        return self.total_steps // self.steps_per_epoch


@dataclass(frozen=True)
class LoopOptions:
    """How the loop treats the steps of a run.

    Attributes:
        precision: "auto", "bf16" or "32".
        accumulate: batches that make up one step.
        clip_norm: largest norm of the whole gradient; None for none.
        sync_batch_norm: share batch statistics between processes.
        unused_parameters: some parameters take no part in the loss, as blocks above a pooled map.
        log_every: distance of two rows of metrics.csv, steps; every epoch ends with one.
        checkpoint_every: distance of two checkpoints, steps.
        checkpoint_epochs: distance of two checkpoints at the end of epochs, epochs.
    """

    precision: str = "auto"
    accumulate: int = 1
    clip_norm: float | None = None
    sync_batch_norm: bool = False
    unused_parameters: bool = False
    log_every: int = 10
    checkpoint_every: int = 500
    checkpoint_epochs: int = 1
