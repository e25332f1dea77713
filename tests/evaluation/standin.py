"""A small pack whose labels can be told from its pixels, for tests of evaluation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from asdcfer.data.pack import Pack, PackItem, load_pack, write_pack
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
