"""Fitted classifiers as safetensors with a JSON card, never pickles."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asdcfer.errors import AsdcferError, WeightsError
from asdcfer.models.cards import SUFFIX, read_weights, write_weights
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.weights import load_model, save_model

KEY = "sklearn"
"""The part of a card that says what a classifier of scikit-learn needs beside its weights."""


@dataclass(frozen=True)
class SavedClassifier:
    """A linear classifier, of faces or of features.

    Attributes:
        encoder: makes the features; None where features are given.
        weight: float32 (C,D).
        bias: float32 (C,).
        labels: C names or numbers.
        penalty: with which it was fitted.
        options: of the estimator.
    """

    encoder: Encoder | None
    weight: np.ndarray
    bias: np.ndarray
    labels: list[Any]
    penalty: float
    options: dict[str, Any] = field(default_factory=dict)


def write_classifier(path: str | os.PathLike[str], saved: SavedClassifier) -> Path:
    """Write a classifier; with an encoder it is a model that every command takes.

    Args:
        path: with or without the suffix.
        saved: what to write.

    Returns:
        The safetensors path.

    Raises:
        AsdcferError: two labels of one name, or the file cannot be written.
    """
    names = [str(label) for label in saved.labels]
    if len(set(names)) < len(names):
        raise AsdcferError("two labels have one name; rename one of them")
    told = {"labels": saved.labels, "penalty": saved.penalty, "options": saved.options}
    weight, bias = torch.from_numpy(saved.weight), torch.from_numpy(saved.bias)
    if saved.encoder is None:
        # A card names its encoder; here there is none.
        card = {"encoder": {}, "kind": "classifier of features", KEY: told}
        return write_weights(path, {"weight": weight, "bias": bias}, card)
    classifier = Classifier(weight.shape[1], len(names))
    with torch.no_grad():
        classifier.linear.weight.copy_(weight)
        classifier.linear.bias.copy_(bias)
    model = ExpressionModel(saved.encoder, classifier, names)
    return save_model(path, model, {KEY: told})


def read_classifier(path: str | os.PathLike[str]) -> SavedClassifier:
    """Return a classifier that `write_classifier` wrote.

    Args:
        path: with or without the suffix.

    Raises:
        WeightsError: the file is missing, damaged, or of another kind.
    """
    text = os.fspath(path)
    file = Path(text if text.endswith(SUFFIX) else text.removesuffix(".json") + SUFFIX)
    if not file.is_file():
        raise WeightsError(f"there is no {file}; save a classifier there first")
    tensors, card = read_weights(file)
    told = card.get(KEY)
    if not isinstance(told, dict) or "labels" not in told:
        raise WeightsError(
            f"{file} was not saved by ExpressionClassifier; load it with asdcfer.load_model"
        )
    if card["encoder"]:
        model = load_model(file)
        linear = model.classifier.linear
        encoder, weight, bias = model.encoder, linear.weight, linear.bias
        found = (weight.detach().numpy().copy(), bias.detach().numpy().copy())
    else:
        encoder, found = None, (tensors["weight"].numpy(), tensors["bias"].numpy())
    return SavedClassifier(encoder, *found, told["labels"], told["penalty"], told["options"])
