"""Use of labels: whether weights, what they began with, or who taught them, learnt from labels."""

from collections.abc import Mapping
from typing import Any

from asdcfer.methods.registry import learns_from_labels
from asdcfer.models.cards import tells_of_labels


def saw_labels(method: str, *cards: Mapping[str, Any]) -> bool:
    """Return whether a training learns from labels, by its method or through other weights.

    Args:
        method: one of `registry.METHODS`, or what a recipe says of a stage that trains none.
        cards: of the weights that it begins with, and of its teacher.

    Example:
        >>> saw_labels("asdc"), saw_labels("supcon"), saw_labels("asdc", {"classifier": {}})
        (False, True, True)
    """
    return learns_from_labels(method) or any(map(card_saw_labels, cards))


def card_saw_labels(card: Mapping[str, Any]) -> bool:
    """Return whether weights learnt from labels, by what their card says of their training.

    A card without `SAW_LABELS` says nothing of a teacher; of that the method alone is known.

    Args:
        card: see `models.cards`.

    Example:
        >>> card_saw_labels({"stage": {"method": "supcon"}}), card_saw_labels({"classifier": {}})
        (True, True)
        >>> card_saw_labels({"stage": {"method": "asdc"}})
        False
        >>> card_saw_labels({"stage": {"method": "asdc"}, "saw_labels": True})
        True
    """
    method = (card.get("stage") or {}).get("method", "")
    return tells_of_labels(card) or learns_from_labels(method)
