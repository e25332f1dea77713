"""Results on the card of a model: what it keeps of each, read again and compared with new ones."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from asdcfer.errors import DataError
from asdcfer.evaluation.result import Result, first_fault

CARD_FIELDS = frozenset(
    {
        "kind",
        "evaluated_on",
        "twins_removed",
        "images",
        "accuracy",
        "mean_class_accuracy",
        "macro_f1",
        "per_class_recall",
        "confusion",
        "expressions",
        "calibration_error",
        "interval",
        "protocol",
        "hyperparameters",
        "feature",
        "seed",
        "commit",
        "recipe",
        "pack",
        "curves",
        "groups",
    }
)
"""What a card keeps of a result."""


def card_entries(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Return what a card keeps of results."""
    return [{k: v for k, v in result.as_json().items() if k in CARD_FIELDS} for result in results]


def card_results(card: Mapping[str, Any]) -> list[Result]:
    """Return the results that a card states; [] where it states none.

    Raises:
        DataError: an entry is not what this version of the package writes.
    """
    try:
        return [Result.model_validate(entry) for entry in card.get("results") or []]
    except ValidationError as error:
        raise DataError(
            f"the results on the card of {card.get('name', 'these weights')} are not of this "
            f"version of the package: {first_fault(error)}"
        ) from error


def compare_with_card(results: Sequence[Result], card: Mapping[str, Any]) -> list[Result]:
    """Return the results with what the model's card states for the same images.

    `card_accuracy` and `matches_card` stay None where the card says nothing about these images
    measured in this way.

    Raises:
        DataError: the card's results are of another version of the package.
    """
    stated = card_results(card)
    compared = []
    for result in results:
        same = [
            other
            for other in stated
            if (other.evaluated_on, other.twins_removed, other.images, other.pack)
            == (result.evaluated_on, result.twins_removed, result.images, result.pack)
            and other.protocol.tta == result.protocol.tta
        ]
        if same:
            accuracy = same[0].accuracy
            matches = abs(accuracy - result.accuracy) < 1e-9
            result = result.model_copy(update={"card_accuracy": accuracy, "matches_card": matches})
        compared.append(result)
    return compared
