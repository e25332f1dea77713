"""What every method promises the trainer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor, nn

from asdcfer.augmentation.views import Views
from asdcfer.models.encoder import Encoder


@dataclass(frozen=True)
class StepResult:
    """Outcome of one step.

    Attributes:
        loss: scalar with gradient, to be minimised.
        parts: detached scalars to be logged: each term before its weight, and health values such as
            `target_entropy`.
    """

    loss: Tensor
    parts: dict[str, Tensor] = field(default_factory=dict)


class Method(nn.Module):
    """A way of learning an encoder without labels.

    A method owns all state beside the encoder (projector, momentum network, queue, frozen teacher),
    so that its `state_dict` is all there is to save. The trainer calls `training_step`, steps the
    optimizer, then calls `after_step`.
    """

    @property
    def encoder(self) -> Encoder:
        """The encoder that gets exported."""
        raise NotImplementedError

    @property
    def projector(self) -> nn.Module | None:
        """The projector that belongs to `encoder`, saved beside it for a later student; None where
        there is none.
        """
        raise NotImplementedError

    def prepare(
        self,
        images: Tensor,
        report: Callable[[int, int], None] | None = None,
        store: Path | None = None,
    ) -> None:
        """Do what must be done once before the first step, with all training images, uint8
        (N,H,W[,3]); also after a resume.

        What takes long may be kept in the file `store`.
        """

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        raise NotImplementedError

    def after_step(self, progress: float) -> None:
        """Do what follows an optimizer step, at `progress` in 0..1 of the whole training."""

    def check(self) -> None:
        """Raise `TrainingError` where something that must never change has changed; called at the
        end of training.
        """
