"""Result: the one typed form of every measured number, kept as JSON.

Accuracies are fractions in 0..1 everywhere in the files; tables multiply by 100 when they print.
"""

import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from asdcfer.errors import DataError
from asdcfer.evaluation.protocol import Protocol
from asdcfer.files import write_json
from asdcfer.plain_json import from_json

FORMAT = 1
"""Version of the files; another one is refused."""


class _Typed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Feature(_Typed):
    """The feature that a number is of.

    Attributes:
        pooling: its name.
        arguments: of the pooling.
        dim: width of the feature.
        name: short name for tables and files; "" stands for the pooling's.
    """

    pooling: str
    arguments: dict[str, Any] = {}
    dim: int
    name: str = ""

    @property
    def label(self) -> str:
        """The short name."""
        return self.name or self.pooling


class LabelsUsed(_Typed):
    """The part of the training labels that a classifier saw: a share, or so many a class.

    Attributes:
        share: of every expression, in 0..1.
        per_class: labels of each expression.
        draw: number of the random draw.
        images: labels in all.
    """

    share: float | None = None
    per_class: int | None = None
    draw: int
    images: int


class DrawSpread(_Typed):
    """How much a result that is a mean over random draws varies between them.

    Attributes:
        draws: how many.
        deviation: standard deviation of the accuracy of one draw, in 0..1.
    """

    draws: int = Field(ge=2)
    deviation: float


class Curve(_Typed):
    """Accuracy under one kind of corruption.

    Attributes:
        unit: of a level.
        levels: from the least corrupted on.
        accuracy: in 0..1, at each level.
    """

    unit: str
    levels: list[float]
    accuracy: list[float]


class GroupScore(_Typed):
    """Accuracy on one group of people.

    Attributes:
        images: how many.
        accuracy: in 0..1.
        interval: Wilson's 95 % interval of it.
    """

    images: int = Field(ge=1)
    accuracy: float
    interval: tuple[float, float]


class Scores(_Typed):
    """What probabilities and labels alone tell.

    Attributes:
        images: how many.
        expressions: names of the classes, C.
        accuracy: in 0..1.
        mean_class_accuracy: mean recall of the expressions that have test images.
        macro_f1: mean F1 of those expressions.
        per_class_recall: None for an expression without test images.
        confusion: C x C counts, a row for each true expression.
        calibration_error: expected calibration error.
        interval: 95 % bootstrap interval of accuracy.
        mean_class_interval: the same of mean-class accuracy.
    """

    images: int = Field(ge=1)
    expressions: list[str]
    accuracy: float
    mean_class_accuracy: float
    macro_f1: float
    per_class_recall: dict[str, float | None]
    confusion: list[list[int]]
    calibration_error: float
    interval: tuple[float, float]
    mean_class_interval: tuple[float, float] | None = None


class Result(Scores):
    """One result: every number that a report shows, and everything needed to know what it means.

    Attributes:
        kind: name of the probe, or "finetune", "evaluate", or an axis ("robustness", ...).
        encoder: what was probed ("teacher", "student", "random"); "" where it has no such name.
        evaluated_on: "private", "union", "ferplus", "test", ...
        twins_removed: test images left out because training holds a near duplicate; None where all
            were kept.
        protocol: how the number was made.
        feature: that the classifier sees.
        hyperparameters: as chosen.
        penalties: every penalty tried, with its accuracy on the validation split.
        labels_used: where only a part of the labels was.
        spread: of a mean over many draws of labels.
        training_images, unlabeled_images: seen in training, with and without labels.
        curves: accuracy under corruption, by the name of the corruption.
        groups: accuracy of each group of people, the lowest first.
        recipe: of the encoder.
        commit: of the source that measured.
        seed: of whatever was random here, and of the bootstrap.
        weights_hash: of what was measured.
        pack: hash of the images.
        started_from: hash of the weights that fine-tuning began with.
        seconds: spent on this result.
        card_accuracy: what the model's card states for the same images.
        matches_card: whether that is the same.
    """

    format: Literal[1] = 1
    kind: str
    encoder: str = ""
    evaluated_on: str
    twins_removed: int | None = None
    protocol: Protocol
    feature: Feature | None = None
    hyperparameters: dict[str, Any] = {}
    penalties: list[dict[str, Any]] | None = None
    labels_used: LabelsUsed | None = None
    spread: DrawSpread | None = None
    training_images: int | None = None
    unlabeled_images: int | None = None
    curves: dict[str, Curve] | None = None
    groups: dict[str, GroupScore] | None = None
    recipe: str | None = None
    commit: str
    seed: int = 0
    weights_hash: str | None = None
    pack: str | None = None
    started_from: str | None = None
    seconds: float = 0.0
    card_accuracy: float | None = None
    matches_card: bool | None = None

    @property
    def test_set(self) -> str:
        """Name of the images, twins told apart: "private", "private without twins"."""
        return self.evaluated_on + ("" if self.twins_removed is None else " without twins")

    @property
    def file_name(self) -> str:
        """Name of the result's file, without suffix.

        Results that differ in one of its words lie side by side.
        """
        used = self.labels_used
        part = ""
        if used is not None:
            amount = f"each{used.per_class}" if used.share is None else f"share{used.share:g}"
            one = f"draw{used.draw}"
            several = f"{self.hyperparameters.get('classifier', '')}-mean"
            part = f"{amount}-{one if self.spread is None else several}"
        scaling = self.hyperparameters.get("scaling", "each")
        words = [
            self.encoder,
            self.kind,
            self.feature.label if self.feature else "",
            f"tta-{self.protocol.tta}" if self.protocol.tta in ("features", "logits") else "",
            "" if scaling == "each" else f"scaling-{scaling}",
            "prior-estimated" if "prior" in self.hyperparameters else "",
            part,
            self.test_set.replace(" ", "-"),
        ]
        # Names of splits come from packs of anybody's.
        return "-".join(re.sub(r"[/\\\0]", "-", word) for word in words if word)

    def as_json(self) -> dict[str, Any]:
        """Return plain values, as they stand in a file; what is not known is left out."""
        values = self.model_dump(mode="json")
        return {
            "format": values.pop("format"),
            **{k: v for k, v in values.items() if v is not None},
        }


def write_result(path: str | os.PathLike[str], result: Result) -> Path:
    """Write a result as JSON, whole or not at all, and return its path."""
    write_json(path, result.as_json())
    return Path(path)


def read_result(path: str | os.PathLike[str]) -> Result:
    """Read a result.

    Raises:
        DataError: the file cannot be read, is of another version of this package, or is no result.
    """
    name = Path(path).name
    try:
        values = from_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{name} cannot be read ({error})") from error
    if not isinstance(values, dict) or not {"kind", "accuracy"} <= set(values):
        raise DataError(f"{name} is not a result of this package")
    if values.get("format") != FORMAT:
        raise DataError(
            f"{name} was written by another version of this package (format "
            f"{values.get('format', 'unknown')}; this one reads {FORMAT}); measure it again"
        )
    try:
        return Result.model_validate(values)
    except ValidationError as error:
        raise DataError(f"{name} is not a result of this package: {first_fault(error)}") from error


def first_fault(error: ValidationError) -> str:
    """Return where the first value is that a result cannot have, and what is wrong with it."""
    fault = error.errors()[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
