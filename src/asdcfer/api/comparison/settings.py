"""Settings of a comparison: the budget and everything that its methods share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asdcfer.api.data_inputs import DataLike, PathLike
from asdcfer.errors import RecipeError
from asdcfer.training.pretrain.budget import seconds_of

BUDGET = "15m"
"""Time of a method where neither time nor steps are given."""

TEACHER = "resnet18"
"""Teacher of methods that need one and whose recipe names none."""

REFERENCES = ("random", "light_encoder", "resnet18")
"""Encoders that stand in the table for orientation."""

RESNET = {"width": 32, "stem": "stride2", "attention": "none"}
"""Arguments of the encoder where nothing else is given."""

RESOLUTION = ((0.0, 32), (0.6, 40), (0.9, 48))
"""Sides of the views along a training: small first, which makes more steps of the same time."""


@dataclass(frozen=True)
class SharedTraining:
    """What every method of a comparison is trained with.

    Attributes:
        encoder: of `models.registry.ENCODERS`, "timm/NAME", or "mymodule:MyEncoder".
        encoder_arguments: of its constructor; None is width 32 for resnet18, else its defaults.
        teacher: weights that teach the methods which need a teacher; None is the one that their
            recipe names, or "resnet18".
        batch_size: images of one step.
        images: train on so many faces, evenly spaced; None for all.
        views: changes of the augmentation, by the names of `augmentation.views.ViewOptions`.
        resolution: pairs (from which share of the training, side of the views in pixels).
    """

    encoder: str = "resnet18"
    encoder_arguments: Mapping[str, Any] | None = None
    teacher: PathLike | None = None
    batch_size: int = 128
    images: int | None = None
    views: Mapping[str, Any] = field(default_factory=dict)
    resolution: Sequence[tuple[float, int]] = RESOLUTION


@dataclass(frozen=True)
class Measures:
    """What every row of a comparison is measured by.

    Attributes:
        shots: numbers of labeled faces of each expression, for the probe of few shots.
        trials: random draws of each number of shots, 2 or more.
        shares: parts of the labels, 0..1.
        draws: random draws of each such part.
        robustness_images: test images of the robustness axis; 0 leaves it out.
        finetune_epochs: fine-tune each encoder for so many epochs as well; 0 leaves it out.
        without_twins: report the linear probe again without test images that have a twin in
            training.
        votes: FER+ votes to join, unless they lie beside the data.
        transfer: other labeled data on which the linear probe is measured.
    """

    shots: Sequence[int] = (1, 5, 10)
    trials: int = 20
    shares: Sequence[float] = (0.01, 0.1)
    draws: int = 3
    robustness_images: int = 500
    finetune_epochs: int = 0
    without_twins: bool = False
    votes: PathLike | None = None
    transfer: Sequence[DataLike] = ()


@dataclass(frozen=True)
class CompareSettings:
    """How methods are compared.

    Attributes:
        budget: time of training of each method and seed, as "15m"; None where `steps` is given.
        steps: updates of each method and seed instead, rounded up to whole passes over the faces.
        seeds: each method is trained once with each.
        references: encoders in the table for orientation: "random" and names of weights.
        training: what the methods share.
        measures: what is measured.
        device: "auto", "cpu" or "cuda".
    """

    budget: str | None = None
    steps: int | None = None
    seeds: Sequence[int] = (0,)
    references: Sequence[str] = REFERENCES
    training: SharedTraining = SharedTraining()
    measures: Measures = Measures()
    device: str = "auto"

    @property
    def time(self) -> str | None:
        """The budget as a duration; None where steps are counted."""
        return None if self.steps is not None else self.budget or BUDGET

    def check(self) -> None:
        """Raise `RecipeError` for a budget or seeds that cannot be."""
        if self.budget is not None and self.steps is not None:
            raise RecipeError("`budget` and `steps` are two budgets; give one of them")
        if self.steps is not None and self.steps < 1:
            raise RecipeError(f"`steps={self.steps}`: expected 1 or more")
        if self.time is not None:
            try:
                seconds_of(self.time)
            except ValueError as error:
                raise RecipeError(f"`budget`: {error}") from error
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            raise RecipeError(
                f"`seeds={','.join(map(str, self.seeds))}`: expected different numbers from 0 on"
            )
        few = self.measures
        if few.trials < 2 or min(few.shots, default=1) < 1:
            raise RecipeError("`trials` must be at least 2, and `shots` numbers from 1 on")
        if few.draws < 1 or not all(0 < share <= 1 for share in few.shares):
            raise RecipeError("`draws` must be at least 1, and `shares` parts above 0 and up to 1")
