"""Label sets: one encoder answers under several sets of labels, each with its own classifier."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asdcfer.errors import WeightsError
from asdcfer.models.classifier import ExpressionModel

HEAD_KEYS = ("classifier", "expressions", "temperature", "labels", "results", "robustness")
"""What a card says of one classifier; everything else is said of the encoder."""


def classifier_group(labels: str | None) -> str:
    """Return the group of a classifier's tensors in the file; None for the first label set.

    Example:
        >>> classifier_group(None), classifier_group("fer2013")
        ('classifier', 'classifier_fer2013')
    """
    return "classifier" if labels is None else f"classifier_{labels}"


def head_facts(model: ExpressionModel) -> dict[str, Any]:
    """Return what a card needs to build a model's classifier again."""
    facts: dict[str, Any] = {
        "classifier": model.classifier.arguments,
        "expressions": list(model.expressions),
        "temperature": model.temperature,
    }
    return facts | ({"labels": model.labels} if model.labels else {})


def other_heads(model: ExpressionModel, others: Sequence[ExpressionModel]) -> dict[str, Any]:
    """Return the card's entry for further label sets; empty where there are none.

    Raises:
        ValueError: a label set has no name, or one that is taken.
    """
    sets: dict[str, Any] = {}
    for other in others:
        if not other.labels or other.labels in {model.labels, *sets}:
            raise ValueError(f"a further label set needs a name of its own, not {other.labels!r}")
        told = {key: other.card[key] for key in HEAD_KEYS if key in other.card}
        sets[other.labels] = told | head_facts(other)
    return {"label_sets": sets} if sets else {}


def under_labels(
    card: Mapping[str, Any], labels: str | None, path: Path
) -> tuple[str, dict[str, Any]]:
    """Return the group of tensors of a label set's classifier, and the card as that set has it.

    Args:
        card: of a model.
        labels: the label set; None for the first.
        path: of the model, for messages.

    Raises:
        WeightsError: the model has no such label set; the message names those it has.
    """
    first, sets = card.get("labels"), card.get("label_sets", {})
    if labels is None or labels == first:
        return classifier_group(None), dict(card)
    if labels not in sets:
        known = ", ".join([first or "one without a name", *sets])
        raise WeightsError(f"{path} has no label set {labels!r}; it has {known}")
    shared = {key: value for key, value in card.items() if key not in HEAD_KEYS}
    others = {name: head for name, head in sets.items() if name != labels}
    if first:
        others[first] = {key: card[key] for key in HEAD_KEYS if key in card}
    return classifier_group(labels), shared | sets[labels] | {"label_sets": others}
