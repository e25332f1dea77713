"""Faces as points: unit vectors of the principal directions of their features, streamed."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from asdcfer.data.pack import Pack
from asdcfer.models.classifier import ExpressionModel
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import eval_mode, features_in_batches
from asdcfer.progress import SILENT, Progress
from asdcfer.training.finetune.label_propagation import SAMPLE, principal

DIMS = 128
ROWS = 1024


class FacePoints(NamedTuple):
    """Faces in the space in which they are compared.

    Attributes:
        points: float32 (N,D), unit length.
        probabilities: float32 (N,C), what a model says; None without one.
    """

    points: np.ndarray
    probabilities: np.ndarray | None


def face_points(
    pack: Pack,
    rows: np.ndarray,
    encoder: Encoder,
    model: ExpressionModel | None = None,
    *,
    dims: int = DIMS,
    progress: Progress = SILENT,
) -> FacePoints:
    """Return faces as points, and what a model says of them.

    Features have thousands of numbers; `dims` principal directions of some faces are kept of each,
    so that a million faces take half a gigabyte.

    Args:
        pack: the faces.
        rows: int (N,), indices into the pack.
        encoder: frozen.
        model: with a classifier; it may hold the encoder itself.
        dims: at most so many.
        progress: is told of the faces.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.models.weights import load_encoder
        >>> found = face_points(sample_pack(), np.arange(20), load_encoder("nano"), dims=8)
        >>> found.points.shape
        (20, 8)
    """
    sample = np.sort(np.random.default_rng(0).permutation(rows)[:SAMPLE])
    seen = torch.cat([features for _, features in _features(encoder, pack, sample)])
    # Centered, n faces span n - 1 directions; another one would be rounding.
    mean, directions = principal(seen, max(1, min(dims, len(sample) - 1)))
    del seen
    points = np.empty((len(rows), directions.shape[1]), np.float32)
    probabilities = None if model is None else np.empty((len(rows), len(model.expressions)), "f4")
    done = 0
    progress("looking", 0, len(rows))
    for part, features in _features(encoder, pack, rows):
        last = done + len(features)
        points[done:last] = F.normalize((features - mean) @ directions, dim=1).numpy()
        if model is not None and probabilities is not None:
            own = model.encoder is encoder
            probabilities[done:last] = _said(model, pack, part, features if own else None)
        done = last
        progress("looking", done, len(rows))
    return FacePoints(points, probabilities)


def _features(
    encoder: Encoder, pack: Pack, rows: np.ndarray
) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
    for first in range(0, len(rows), ROWS):
        part = rows[first : first + ROWS]
        found = [batch for _, batch in features_in_batches(encoder, np.asarray(pack.images[part]))]
        yield part, torch.cat(found)


def _said(
    model: ExpressionModel, pack: Pack, rows: np.ndarray, features: torch.Tensor | None
) -> np.ndarray:
    """Return the probabilities of some faces, from their features where these are known."""
    with eval_mode(model) as device, torch.no_grad():
        if features is None:
            found = features_in_batches(model.encoder, np.asarray(pack.images[rows]))
            features = torch.cat([batch for _, batch in found])
        logits = model.classifier(features.to(device)) / model.temperature
        return np.asarray(logits.softmax(1).cpu().numpy())
