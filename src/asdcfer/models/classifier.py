"""Classifier of features, and the model of encoder and classifier together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from asdcfer.models.encoder import Encoder


class Classifier(nn.Module):
    """One linear layer, with dropout of the feature before it.

    Args:
        in_dim: width of the feature.
        classes: number of expressions.
        dropout: share of the feature dropped in training, in 0 .. 1.

    Example:
        >>> Classifier(64, 7)(torch.zeros(2, 64)).shape
        torch.Size([2, 7])
    """

    def __init__(self, in_dim: int, classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(in_dim, classes)

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments that make this classifier again."""
        return {
            "in_dim": self.linear.in_features,
            "classes": self.linear.out_features,
            "dropout": self.dropout.p,
        }

    def forward(self, feature: Tensor) -> Tensor:
        """Return logits (B, classes) of features (B, in_dim)."""
        logits: Tensor = self.linear(self.dropout(feature))
        return logits


class ExpressionModel(nn.Module):
    """An encoder and a classifier: from faces to probabilities of expressions.

    Args:
        encoder: makes the feature, and knows its preprocessing.
        classifier: from the feature to one logit an expression.
        expressions: the names of the logits, in order.
        temperature: logits are divided by it before the softmax (calibration), above 0.
        card: what is known about the weights.

    Raises:
        ValueError: the parts do not fit each other.

    Example:
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> classifier = Classifier(encoder.feature_dim, 2)
        >>> model = ExpressionModel(encoder, classifier, ("happy", "sad")).eval()
        >>> tuple(model.probabilities(np.zeros((3, 48, 48), np.uint8)).shape)
        (3, 2)
    """

    def __init__(
        self,
        encoder: Encoder,
        classifier: Classifier,
        expressions: Sequence[str],
        temperature: float = 1.0,
        card: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if classifier.linear.in_features != encoder.feature_dim:
            raise ValueError(
                f"the classifier takes {classifier.linear.in_features} numbers and the encoder "
                f"gives {encoder.feature_dim}"
            )
        if classifier.linear.out_features != len(expressions):
            raise ValueError(
                f"the classifier has {classifier.linear.out_features} outputs for "
                f"{len(expressions)} expressions"
            )
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, not {temperature}")
        self.encoder = encoder
        self.classifier = classifier
        self.expressions = tuple(expressions)
        self.temperature = float(temperature)
        self.card = card or {}

    @property
    def labels(self) -> str | None:
        """Name of the label set that it answers under ("ferplus", "fer2013"); None without one."""
        return self.card.get("labels")

    @property
    def tta(self) -> bool:
        """Whether numbers and temperature on the card are means over face and mirror image."""
        return bool(self.card.get("tta", False))

    def logits(self, x: Tensor) -> Tensor:
        """Return logits (B, classes) of normalized images (B,C,S,S)."""
        logits: Tensor = self.classifier(self.encoder(x))
        return logits

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, classes) of normalized images (B,C,S,S)."""
        return self.logits(x)

    @torch.no_grad()
    def probabilities(
        self, images: np.ndarray | Tensor | Sequence[np.ndarray], tta: bool = False
    ) -> Tensor:
        """Return the probabilities of the expressions, `softmax(logits / temperature)`.

        Args:
            images: uint8 faces, as `Preprocessing.batch` takes them.
            tta: average with the probabilities of the mirrored faces.

        Returns:
            float32 (B, classes), on the model's device; rows sum to 1.
        """
        x = self.encoder.preprocessing.batch(images).to(self.classifier.linear.weight.device)
        result = torch.softmax(self.logits(x).float() / self.temperature, 1)
        if tta:
            result = (
                result + torch.softmax(self.logits(x.flip(-1)).float() / self.temperature, 1)
            ) / 2
        return result
