"""A small pack whose labels can be told from its pixels, for tests of evaluation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.splits import Task, task_of
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.protocol import Protocol
from asdcfer.evaluation.result import Feature, Result
from asdcfer.models.classifier import Classifier, ExpressionModel
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.registry import build_encoder

NAMES = ("angry", "happy", "sad")


def toy_pack(
    path: Path,
    counts: dict[str, int] | None = None,
    labeled: bool = True,
    classes: int = 3,
    seed: int = 0,
    names: Sequence[str] = NAMES,
) -> Pack:
    """Blurred bright spots on noise, at a place that says the label."""
    rng = np.random.default_rng(seed)
    faces, number = [], 0
    for split, count in (counts or {"train": 60, "public": 24, "private": 24}).items():
        for i in range(count):
            label = i % classes
            image = rng.normal(90, 25, (24, 24))
            row, column = divmod(label, 2)
            image[3 + 10 * row : 11 + 10 * row, 3 + 10 * column : 11 + 10 * column] += (
                60 + rng.normal(0, 25)
            )
            image = np.clip(image, 0, 255).astype(np.uint8)
            faces.append(PackItem(image, f"{split}{number:04d}", split, label if labeled else -1))
            number += 1
    write_pack(path, faces, expressions=names[:classes], source={"kind": "tree", "name": "toy"})
    return load_pack(path)


def few_labeled(pack: Pack, each: int = 4) -> Task:
    """The task with the first labels of each expression only."""
    task = task_of(pack)
    rows = [task.train[task.labels[task.train] == label][:each] for label in range(3)]
    return task.with_train(np.concatenate(rows))


def toy_encoder(seed: int = 0, pooling: str = "grid", **arguments: object) -> Encoder:
    """A narrow mobile encoder with random weights for 32-pixel faces."""
    torch.manual_seed(seed)
    given = {"map": 1, "cells": 4} if pooling == "grid" and not arguments else arguments
    spec = EncoderSpec(
        name="mobile",
        arguments={"width": 0.25},
        pooling=pooling,
        pooling_arguments=given,
        preprocessing={"size": 32},
    )
    return build_encoder(spec).eval()


def toy_model(names: Sequence[str] = NAMES, temperature: float = 1.0) -> ExpressionModel:
    """A toy encoder with a random classifier."""
    encoder = toy_encoder()
    torch.manual_seed(1)
    return ExpressionModel(
        encoder, Classifier(encoder.feature_dim, len(names)), tuple(names), temperature
    ).eval()


def toy_context(pack: Pack, **changes: Any) -> ProbeContext:
    """The toy encoder on a pack, nothing cached."""
    return ProbeContext(**{"encoder": toy_encoder(), "pack": pack, "cache": None, **changes})


def toy_result(accuracy: float = 0.5, **changes: Any) -> Result:
    """A result of 100 images of three expressions."""
    values = {
        "kind": "linear",
        "evaluated_on": "private",
        "protocol": Protocol(
            trained_on="linear classifier",
            chosen="penalty",
            chosen_on="public",
            reported_on="PrivateTest",
        ),
        "images": 100,
        "expressions": list(NAMES),
        "accuracy": accuracy,
        "mean_class_accuracy": 0.5,
        "macro_f1": 0.5,
        "per_class_recall": dict.fromkeys(NAMES, accuracy),
        "confusion": [[20, 10, 3], [10, 20, 3], [10, 3, 21]],
        "calibration_error": 0.1,
        "interval": (accuracy - 0.1, accuracy + 0.1),
        "feature": Feature(pooling="grid", dim=8),
        "commit": "0" * 40,
    }
    return Result(**{**values, **changes})


def blobs(n: int, dim: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated features of very different sizes, as encoders give them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    centers = rng.normal(size=(classes, dim))
    x = centers[labels] + 3 * rng.normal(size=(n, dim)) @ (
        np.eye(dim) + 0.3 * rng.normal(size=(dim, dim))
    )
    return (x * rng.uniform(0.01, 10, dim) + rng.normal(size=dim)).astype(np.float32), labels
