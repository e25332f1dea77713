"""Row of a comparison: one method and one seed, what it cost, and what it was measured to be."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from asdcfer.errors import DataError
from asdcfer.evaluation.result import Result
from asdcfer.files import write_json
from asdcfer.plain_json import from_json

Kind = Literal["trained", "untrained", "as it is"]
"""What the encoder of a row is: trained here, random weights, or weights from elsewhere."""

Status = Literal["started", "finished", "failed"]

SAW_LABELS = "its training saw labels"
"""What is said about a row whose encoder learnt from labels."""


class _Typed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainingFacts(_Typed):
    """What the training of a row took.

    Attributes:
        method: its name.
        steps: updates of the encoder that is compared.
        epochs: passes over the faces.
        images_per_second: faces trained on; each counts once, however many views are made of it.
        minutes: of training, and of a teacher that was trained or fitted for this row.
        teacher: who taught, and whether that one's own training is counted; "" for nobody.
        teacher_minutes: the part of `minutes` that its teacher took.
        curve: (minutes, accuracy of the online kNN on the validation split) while training.
    """

    method: str
    steps: int = 0
    epochs: int = 0
    images_per_second: float = 0.0
    minutes: float
    teacher: str = ""
    teacher_minutes: float = 0.0
    curve: list[tuple[float, float]] = []


class ComparisonRow(_Typed):
    """One method with one seed.

    Attributes:
        name: of the method, recipe or encoder.
        kind: what its encoder is.
        seed: of everything random in training.
        key: hash of everything that decides the row; a row of another key is made again.
        status: "started" rows were interrupted.
        reason: why it failed.
        about: what a reader must know, in words.
        saw_labels: whether its encoder, or who taught it, learnt from labels.
        parameters: of the encoder.
        training: None where nothing was trained.
        results: of probes, axes and fine-tuning.
        transfers: name of another data set -> result there.
    """

    format: Literal[1] = 1
    name: str
    kind: Kind
    seed: int = Field(ge=0)
    key: str
    status: Status
    reason: str = ""
    about: str = ""
    saw_labels: bool = False
    parameters: int | None = None
    training: TrainingFacts | None = None
    results: list[Result] = []
    transfers: dict[str, Result] = {}

    @model_validator(mode="before")
    @classmethod
    def _from_before(cls, values: Any) -> Any:
        """Read a row that was written when only its words said so."""
        if isinstance(values, dict) and "saw_labels" not in values:
            return {**values, "saw_labels": SAW_LABELS in values.get("about", "")}
        return values


def write_row(path: str | os.PathLike[str], row: ComparisonRow) -> None:
    """Write a row as JSON, whole or not at all."""
    values = row.model_dump(mode="json")
    values["results"] = [result.as_json() for result in row.results]
    values["transfers"] = {name: result.as_json() for name, result in row.transfers.items()}
    write_json(path, values)


def read_row(path: str | os.PathLike[str]) -> ComparisonRow:
    """Read a row.

    Raises:
        DataError: the file cannot be read, or is no row of this version.
    """
    try:
        return ComparisonRow.model_validate(from_json(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise DataError(
            f"{path} is no row of a comparison by this version of the package: "
            f"{str(error).splitlines()[0]}"
        ) from error
