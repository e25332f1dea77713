"""Probes on the device; benchmarks/gpu_probe.py is part of headline_gpu.py."""

from typing import Any

import numpy as np
import torch
from gpu_run import Run

from asdcfer.evaluation.probes.knn import choose_knn, nearest, vote
from asdcfer.evaluation.probes.linear_selection import fit_linear
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import features_in_batches
from asdcfer.models.registry import pooled_by


@torch.no_grad()
def features(encoder: Encoder, images: np.ndarray, hflip: bool = False) -> np.ndarray:
    """Return the encoder's feature of faces, float32 (N,D)."""
    return torch.cat(
        [
            part
            for _, part in features_in_batches(
                encoder, images, 1024, hflip=hflip, channels_last=True
            )
        ]
    ).numpy()


def probe(run: Run, encoder: Encoder, full: bool = True) -> dict[str, Any]:
    """Return accuracies in percent of the frozen encoder's linear probe of the face alone.

    Where `full`, also of its neighbors, mirror, FER+ and without twins.
    """
    faces, device = run.faces, str(run.device)
    parts = {
        split: features(encoder, faces.images(split)) for split in ("train", "public", "private")
    }
    y = {split: faces.labels(split) for split in parts}

    def right(
        split: str, logits: np.ndarray, rows: Any = slice(None), truth: np.ndarray | None = None
    ) -> float:
        truth = y[split] if truth is None else truth
        return round(100 * float((logits.argmax(1) == truth)[rows].mean()), 2)

    fitted = fit_linear(parts["train"], y["train"], parts["public"], y["public"], 7, device=device)
    public, private = fitted.logits(parts["public"]), fitted.logits(parts["private"])
    found = {
        "dim": parts["train"].shape[1],
        "penalty": fitted.hyperparameters["penalty"],
        "public": right("public", public),
        "private": right("private", private),
    }
    if not full:
        return found
    found["union"] = round((found["public"] + found["private"]) / 2, 2)
    found["private_without_twins"] = right("private", private, ~faces.twin)
    mirrored = {split: features(encoder, faces.images(split), hflip=True) for split in parts}
    mean = {split: (parts[split] + mirrored[split]) / 2 for split in parts}
    fitted = fit_linear(mean["train"], y["train"], mean["public"], y["public"], 7, device=device)
    logits = fitted.logits(mean["private"])
    found["mirror_mean"] = {
        "public": right("public", fitted.logits(mean["public"])),
        "private": right("private", logits),
        "without_twins": right("private", logits, ~faces.twin),
    }
    fitted = fit_linear(
        [parts["train"], mirrored["train"]],
        y["train"],
        parts["public"],
        y["public"],
        7,
        device=device,
    )
    logits = fitted.logits(parts["private"])
    found["trained_with_mirrors"] = {
        "public": right("public", fitted.logits(parts["public"])),
        "private": right("private", logits),
        "without_twins": right("private", logits, ~faces.twin),
    }
    known = {split: faces.ferplus(split) >= 0 for split in parts}
    plus = {
        split: (parts[split][known[split]], faces.ferplus(split)[known[split]]) for split in parts
    }
    fitted = fit_linear(*plus["train"], *plus["public"], 8, device=device)
    found["ferplus"] = {
        split: right(split, fitted.logits(plus[split][0]), truth=plus[split][1])
        for split in ("public", "private")
    }
    found["knn"] = neighbors(run, parts, y)
    pooled = {split: features(pooled_by(encoder, "global"), faces.images(split)) for split in parts}
    fitted = fit_linear(
        pooled["train"], y["train"], pooled["public"], y["public"], 7, device=device
    )
    found["global"] = {
        split: right(split, fitted.logits(pooled[split])) for split in ("public", "private")
    }
    return found


def neighbors(run: Run, parts: dict[str, np.ndarray], y: dict[str, np.ndarray]) -> dict[str, Any]:
    """Return the kNN probe: k and temperature chosen on PublicTest."""
    bank = torch.from_numpy(parts["train"]).to(run.device)
    chosen, probabilities = choose_knn(bank, y["train"], parts["public"], y["public"], 7)
    cosines, indices = nearest(bank, parts["private"], chosen["k"])
    private = (
        vote(
            cosines,
            torch.from_numpy(y["train"]).to(indices.device)[indices],
            7,
            chosen["temperature"],
        )
        .cpu()
        .numpy()
    )
    return {
        **chosen,
        "public": round(100 * float((probabilities.argmax(1) == y["public"]).mean()), 2),
        "private": round(100 * float((private.argmax(1) == y["private"]).mean()), 2),
    }
