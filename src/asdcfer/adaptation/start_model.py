"""What is adapted: an encoder, and the classifiers that it comes with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asdcfer.adaptation.linear_heads import LinearHead
from asdcfer.methods.label_use import card_saw_labels
from asdcfer.models.cards import read_card
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.find_weights import find_encoder, find_model
from asdcfer.models.label_names import split_labels
from asdcfer.models.weights import load_encoder, load_model


@dataclass(frozen=True)
class StartModel:
    """Weights to start from.

    Attributes:
        name: as it was asked for.
        encoder: in evaluation mode.
        classifiers: one for each label set that is looked at, the same encoder; none for an encoder
            alone.
        card: of the file.
    """

    name: str
    encoder: Encoder
    classifiers: tuple[ExpressionModel, ...]
    card: dict[str, Any]

    @property
    def saw_labels(self) -> bool:
        """Whether it, what it began with or its teacher learnt from labels."""
        return bool(self.classifiers) or card_saw_labels(self.card)

    def own_head(self, names: Sequence[str]) -> tuple[LinearHead, float] | None:
        """Return the classifier that answers with these classes alone, and its temperature.

        Of several the one that knows no others goes first. None where no classifier knows all.

        Args:
            names: of the classes, in the order of the head's answers.
        """
        model = self._knowing(names)
        if model is None:
            return None
        kept = [model.expressions.index(name) for name in names]
        head = _head(model)
        return LinearHead(head.weight[:, kept], head.bias[kept]), model.temperature

    def others(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the classes that the shipped classifier knows beside some of its own.

        None where all of these are somebody's own: nobody then expects the shipped ones.

        Args:
            names: of the classes that are labeled.

        Example:
            >>> start_model("nano").others(["happy", "sad", "angry", "pain"])
            ('disgust', 'fear', 'surprise', 'neutral')
            >>> start_model("nano").others(["calm", "pain"])
            ()
        """
        known = {name for model in self.classifiers for name in model.expressions}
        model = self._knowing([name for name in names if name in known])
        if model is None or not set(names) & set(model.expressions):
            return ()
        return tuple(name for name in model.expressions if name not in names)

    def _knowing(self, names: Sequence[str]) -> ExpressionModel | None:
        """Return the classifier that knows all of these and the fewest others."""
        able = [model for model in self.classifiers if set(names) <= set(model.expressions)]
        return min(able, key=lambda each: len(each.expressions), default=None)

    def answers(self) -> LinearHead | None:
        """Return all classifiers as one head, each at its temperature; None without any."""
        if not self.classifiers:
            return None
        heads = [(_head(model), model.temperature) for model in self.classifiers]
        return LinearHead(
            np.concatenate([head.weight / t for head, t in heads], 1),
            np.concatenate([head.bias / t for head, t in heads]),
        )


def start_model(name: str | Path | Encoder | ExpressionModel) -> StartModel:
    """Load what is adapted.

    Args:
        name: a name of `asdcfer models`, a file or a run's folder, of a model or of an encoder; or
            one of these. A label set behind a colon is the only one that is looked at.

    Raises:
        WeightsError: there is none.

    Example:
        >>> start = start_model("nano")
        >>> [model.labels for model in start.classifiers]
        ['ferplus', 'fer2013']
        >>> head, temperature = start.own_head(["happy", "sad"])
        >>> head.weight.shape == (start.encoder.feature_dim, 2)
        True
    """
    if isinstance(name, ExpressionModel):
        return StartModel("model", name.encoder.eval(), (name.eval(),), name.card)
    if isinstance(name, Encoder):
        report = getattr(name, "load_report", None)
        return StartModel("encoder", name.eval(), (), {} if report is None else report.card)
    card = read_card(_file(name))
    if "classifier" not in card:
        encoder = load_encoder(name)
        return StartModel(str(name), encoder, (), card)
    base, labels = split_labels(name)
    first = load_model(name)
    sets = [] if labels else list(card.get("label_sets", {}))
    others = [load_model(base, labels=each) for each in sets]
    return StartModel(str(name), first.encoder, (first, *others), card)


def _file(name: str | Path) -> Path:
    """Return the model's file where there is a model, else the encoder's."""
    from asdcfer.errors import WeightsError

    try:
        return find_model(name)
    except WeightsError:
        return find_encoder(name)


def _head(model: ExpressionModel) -> LinearHead:
    linear = model.classifier.linear
    with torch.no_grad():
        return LinearHead(linear.weight.T.float().cpu().numpy(), linear.bias.float().cpu().numpy())
