"""One timed run: faces, clock, results; benchmarks/gpu_run.py is part of headline_gpu.py."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from asdcfer.data.datasets.fer2013 import row_id
from asdcfer.data.datasets.ferplus import labels_of, read_votes
from asdcfer.data.duplicates import near_duplicates
from asdcfer.data.pack import Pack, load_pack
from asdcfer.files import atomic_write
from asdcfer.models.encoder import Encoder, EncoderSpec
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_encoder

SHARES = {
    "imitation": 22,
    "deep_teacher": 50,
    "teacher_imitation": 22,
    "forms": 45,
    "arms": 150,
    "light_imitation": 14,
    "light_encoder": 14,
    "few_labels": 60,
    "wide_finetuned": 45,
    "finetuned": 45,
    "removals": 25,
}
"""Part of the time of each stage; what a stage leaves over goes to those after it."""
RESERVE = 0.8
"""Share of the time that trains; the rest measures and saves."""


@dataclass
class Faces:
    """Pack, votes and labels.

    Attributes:
        pack: FER-2013.
        votes: float32 (N,8) counts of the eight expressions; zeros where FER+ sees no face.
        majority: int64 (N,), FER+ majority labels, -1 where there is none.
        plurality: int64 (N,), the most voted expression, -1 where there is none.
        twin: bool (private,), whether a test image has a twin in training.
    """

    pack: Pack
    votes: np.ndarray
    majority: np.ndarray
    plurality: np.ndarray
    twin: np.ndarray

    def images(self, split: str) -> np.ndarray:
        """Return the images of a split, uint8 (N,H,W)."""
        return np.asarray(self.pack.images[self.pack.rows(split)])

    def tensor(self, split: str, device: torch.device) -> Tensor:
        """Return them on the device."""
        return torch.from_numpy(np.array(self.images(split))).to(device)

    def labels(self, split: str) -> np.ndarray:
        """Return FER-2013's labels of a split."""
        return np.asarray(self.pack.labels[self.pack.rows(split)])

    def ferplus(self, split: str) -> np.ndarray:
        """Return the FER+ majority labels of a split."""
        return self.majority[self.pack.rows(split)]


@dataclass
class Run:
    """What all stages share: the faces, where they train, the clock, and the results so far."""

    faces: Faces
    out: Path
    device: torch.device
    minutes: float
    batch: int
    capture: bool
    width: int
    teacher_width: int
    seeds: int
    begun: float = field(default_factory=time.perf_counter)
    left: dict[str, float] = field(default_factory=lambda: dict(SHARES))
    results: dict[str, Any] = field(default_factory=dict)

    def seconds_for(self, stage: str) -> float:
        """Return the time of a stage: its share of what is left."""
        remaining = self.minutes * 60 - (time.perf_counter() - self.begun)
        share = self.left[stage] / sum(self.left.values())
        del self.left[stage]
        return max(1.0, share * remaining * RESERVE)

    def keep(self, name: str, value: Any) -> None:
        """Add a result, write the file and print it."""
        self.results[name] = value
        with atomic_write(self.out / "results.json") as temporary:
            temporary.write_text(json.dumps(self.results, indent=1), encoding="utf-8")
        short = (
            {k: v for k, v in value.items() if k != "curve"} if isinstance(value, dict) else value
        )
        print(f"{time.perf_counter() - self.begun:6.1f} s  {name}: {json.dumps(short)}", flush=True)

    def encoder(self, width: int, cells: tuple[int, ...] = (4, 4, 3)) -> Encoder:
        """Return a new ResNet-18 whose feature is a grid over three maps."""
        arguments = {"width": width, "stem": "stride2", "attention": "none"}
        spec = EncoderSpec(
            name="resnet18",
            arguments=arguments,
            pooling="grid",
            pooling_arguments={"maps": [1, 2, 3], "cells": list(cells)},
        )
        return build_encoder(spec).to(self.device, memory_format=torch.channels_last)

    def save(self, name: str, encoder: Encoder) -> None:
        """Write an encoder in 16 bits."""
        save_encoder(
            self.out / name,
            encoder,
            {"recipe": "headline_gpu", "stage": name, "commit": self.results["about"]["commit"]},
            float16=True,
        )


def load_faces(path: Path, votes: Path, known_twins: Path | None) -> Faces:
    """Open pack and votes."""
    pack = load_pack(path)
    table, _, named = read_votes(votes)
    at = {row_id(number): number for number in range(len(table))}
    rows = np.array([at[name] for name in pack.ids])
    table, named = table[rows], named[rows]
    majority = np.where(named, labels_of(table, "majority"), -1)
    plurality = np.where(named, labels_of(table, "probability"), -1)
    known = (
        np.load(known_twins, allow_pickle=False)
        if known_twins is not None
        else near_duplicates(pack)
    )
    return Faces(
        pack,
        table[:, :8].astype(np.float32) * named[:, None],
        majority,
        plurality,
        np.isin(pack.rows("private"), known),
    )
