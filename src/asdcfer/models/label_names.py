"""Names of label sets behind those of models: `light:fer2013`, `light:ferplus7`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asdcfer.models.hub import PREFIX as HUB

CONTEMPT, SEVEN = "contempt", "7"
"""The expression that can be switched off, and what is put behind a label set's name for it."""


def split_labels(path_or_name: str | os.PathLike[str]) -> tuple[str, str | None]:
    """Return a path or name, and the label set that may stand behind a colon; None without one.

    Example:
        >>> split_labels("light:fer2013"), split_labels("runs/a/model")
        (('light', 'fer2013'), ('runs/a/model', None))
        >>> split_labels("hf:user/name@v1:fer2013"), split_labels("hf:user/name")
        (('hf:user/name@v1', 'fer2013'), ('hf:user/name', None))
    """
    text = os.fspath(path_or_name)
    base, colon, labels = text.rpartition(":")
    # One letter before the colon is a drive.
    if (
        not colon
        or len(base) < 2
        or base + colon == HUB
        or not labels.isidentifier()
        or Path(text).exists()
    ):
        return text, None
    return base, labels


def contempt_apart(labels: str | None, card: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return the label set that a name means, and whether its contempt is switched off.

    Args:
        labels: the name; None for the first.
        card: of a model.

    Example:
        >>> card = {"labels": "ferplus", "expressions": ["happy", "contempt"]}
        >>> contempt_apart("ferplus7", card), contempt_apart("ferplus", card)
        (('ferplus', True), ('ferplus', False))
    """
    if labels is None or not labels.endswith(SEVEN):
        return labels, False
    heads = {card.get("labels"): card, **card.get("label_sets", {})}
    base = labels.removesuffix(SEVEN)
    if labels in heads or base not in heads or not knows_contempt(heads[base]):
        return labels, False
    return base, True


def knows_contempt(head: Mapping[str, Any]) -> bool:
    """Tell whether contempt is among the expressions that a card, or one of its heads, names."""
    return CONTEMPT in head.get("expressions", ())
