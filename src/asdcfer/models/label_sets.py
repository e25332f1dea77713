"""Label sets: one encoder answers under several sets of labels, each with its own classifier.

A set that knows contempt may be asked for without it: `ferplus7` is `ferplus` with contempt
switched off, its probabilities brought back to a sum of 1 over the other seven.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from asdcfer.errors import WeightsError
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.label_names import CONTEMPT, SEVEN, knows_contempt
from asdcfer.nearest_name import did_you_mean

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
        heads = {first: card, **sets} if first else sets
        seven = [f"{name}{SEVEN}" for name, head in heads.items() if knows_contempt(head)]
        known = [*([first] if first else []), *sets, *seven]
        nearest = did_you_mean(labels, known) or "; its only one has no name"
        raise WeightsError(f"{path} has no label set {labels!r}{nearest}")
    shared = {key: value for key, value in card.items() if key not in HEAD_KEYS}
    others = {name: head for name, head in sets.items() if name != labels}
    if first:
        others[first] = {key: card[key] for key in HEAD_KEYS if key in card}
    return classifier_group(labels), shared | sets[labels] | {"label_sets": others}


def without_contempt(model: ExpressionModel) -> ExpressionModel:
    """Return a model that gives contempt no probability, and the others theirs in proportion.

    `softmax(z / T)` over the seven that are left equals `p_k / (1 - p_contempt)`. What was
    measured of all eight leaves the card.

    Args:
        model: with a name for its label set; its encoder is shared.
    """
    kept = [index for index, name in enumerate(model.expressions) if name != CONTEMPT]
    linear = model.classifier.linear
    classifier = Classifier(linear.in_features, len(kept), model.classifier.dropout.p)
    with torch.no_grad():
        classifier.linear.weight.copy_(linear.weight[kept])
        classifier.linear.bias.copy_(linear.bias[kept])
    names = [model.expressions[index] for index in kept]
    card = {key: value for key, value in model.card.items() if key not in HEAD_KEYS}
    seven = ExpressionModel(model.encoder, classifier, names, model.temperature, card)
    seven.card |= {"labels": f"{model.labels}{SEVEN}"}
    seven.card |= head_facts(seven)
    return seven


def unlike(model: ExpressionModel, expressions: Sequence[str], what: str = "model") -> str:
    """Return words for a message: what a model knows, how faces are labeled, a set that fits."""
    fitting = [
        name
        for name, head in (model.card.get("label_sets") or {}).items()
        if list(head["expressions"]) == list(expressions)
    ]
    hint = f"; name the label set that fits behind a colon, MODEL:{fitting[0]}" if fitting else ""
    return (
        f"the {what} knows the expressions {', '.join(model.expressions)}; the faces are labeled "
        f"{', '.join(expressions)}{hint}"
    )
