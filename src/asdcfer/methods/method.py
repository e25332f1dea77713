"""What every method promises the trainer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel
from torch import Generator, Tensor, nn

from asdcfer.augmentation.views import Views
from asdcfer.methods.track_partners import TrackPartners
from asdcfer.models.encoder import Encoder

OptionsT = TypeVar("OptionsT", bound=BaseModel)
"""The options of some method."""


@dataclass(frozen=True)
class StepResult:
    """Outcome of one step.

    Attributes:
        loss: scalar with gradient, to be minimized.
        parts: detached scalars to be logged: each term before its weight, and health values such as
            `target_entropy`.
    """

    loss: Tensor
    parts: dict[str, Tensor] = field(default_factory=dict)


class Method(nn.Module):
    """A way of learning an encoder, without labels unless it says that it needs them.

    A method owns all state beside the encoder (projector, momentum network, queue, frozen teacher),
    so that its `state_dict` is all there is to save. The trainer calls `training_step`, steps the
    optimizer, then calls `after_step`.

    It is made by `methods.registry.build_method`: as `Name(encoder, options)`, or as
    `Name(encoder, teacher, options)` where `needs_teacher` is true.

    Attributes:
        Options: model of its settings, with a default for each.
        needs_teacher: it learns under a frozen teacher.
        needs_labels: it learns from the expressions of the training faces, which `take_labels`
            hands over.
        needs_tracks: it learns from faces that are moments of tracks, which `take_tracks` hands
            over.
        reads_warps: it reads `Views.warps`, so that `views.warp_negatives` does something.
        moments: other moments of the training faces, of which the later half of the views is made;
            None makes all views of one moment. See `take_moments`.
    """

    Options: ClassVar[type[BaseModel]]
    needs_teacher: ClassVar[bool] = False
    needs_labels: ClassVar[bool] = False
    needs_tracks: ClassVar[bool] = False
    reads_warps: ClassVar[bool] = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moments: TrackPartners | None = None

    @classmethod
    def fit_to_dataset(cls, options: OptionsT, num_images: int) -> OptionsT:
        """Return the options that suit a data set of this size.

        The caller tells the user which ones differ from those that were asked for.

        Args:
            options: an instance of `Options`.
            num_images: how many images are trained on.
        """
        return options

    @property
    def encoder(self) -> Encoder:
        """The encoder that gets exported."""
        raise NotImplementedError

    @property
    def projector(self) -> nn.Module | None:
        """The projector of `encoder`, saved beside it for a later student; None without one."""
        raise NotImplementedError

    def num_negatives(self, batch_size: int) -> int | None:
        """Return how many negatives a query met in the last step.

        The health check takes chance level of the loss part `contrastive` from it.

        Args:
            batch_size: images in a step.

        Returns:
            None for a method without a contrast.
        """
        return None

    def prepare(
        self,
        images: Tensor,
        report: Callable[[int, int], None] | None = None,
        store: Path | None = None,
    ) -> None:
        """Do what must be done once before the first step; also after a resume.

        Args:
            images: all training images, uint8 (N,H,W) or (N,H,W,3).
            report: called with (done, all).
            store: file where what takes long may be kept; None keeps nothing.
        """

    def fit_heads(self, images: Tensor) -> None:
        """Solve for what need not be learned, once, after `prepare` and before the first step.

        Args:
            images: as of `prepare`; those of `head_fitting.rows_looked_at` alone are looked at, so
                that this takes no longer for more of them.
        """

    def take_labels(self, labels: Tensor) -> None:
        """Take the expressions of all training faces, once before the first step.

        Only a method whose `needs_labels` is true is ever given them; see `TrainingLabels`.

        Args:
            labels: int64 (N,), in the order that `Views.index` counts; -1 where a face has none.

        Raises:
            TrainingError: they do not fit the method's settings.
        """
        raise NotImplementedError

    def take_tracks(self, tracks: Tensor, seconds: Tensor) -> None:
        """Take track and time of all training faces, once before the first step.

        Only a method whose `needs_tracks` is true is ever given them.

        Args:
            tracks: int64 (N,), in the order that `Views.index` counts; -1 for a face of none.
            seconds: float64 (N,), when each was seen.

        Raises:
            TrainingError: they do not fit the method's settings.
        """
        raise NotImplementedError

    def take_moments(self, moments: TrackPartners) -> None:
        """Take other moments of the training faces, once before the first step.

        Given where the recipe says `views.temporal`, to any method but one whose `needs_tracks` is
        true, which finds its own.

        Args:
            moments: who may stand for whom, in the order that `Views.index` counts.
        """
        self.moments = moments

    def partners(self, index: Tensor, generator: Generator | None) -> Tensor | None:
        """Return for each face of a batch the one that the later half of its views is made of.

        Args:
            index: int64 (B,), rows of the training faces.
            generator: source of randomness, on the CPU.

        Returns:
            int64 (B,), rows of the training faces; None makes all views of the face itself.
        """
        return None if self.moments is None else self.moments.draw(index, generator)

    def held_out_explained(self, images: Tensor) -> float | None:
        """Return how much of its teacher's answers the student gives from faces held out.

        The health check logs it: while the loss falls and this does not rise, the student learns
        the training faces by heart.

        Args:
            images: uint8 (N,H,W) or (N,H,W,3) that are not trained on; no labels.

        Returns:
            Explained variance, 1 for all of it; None for a method that predicts no answers.
        """
        return None

    def training_step(self, views: Views) -> StepResult:
        """Return the loss of one batch of views."""
        raise NotImplementedError

    def after_step(self, progress: float) -> None:
        """Do what follows an optimizer step, at `progress` in 0..1 of the whole training."""

    def check(self) -> None:
        """Raise `TrainingError` where something that must never change has changed.

        The trainer calls it at the end of training.
        """
