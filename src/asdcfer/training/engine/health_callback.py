"""Measure a run's health while it trains, touching no weight and no random state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from asdcfer.data.pack import Pack
from asdcfer.data.splits import TEST_SPLITS, VALIDATION_SPLITS, evenly_spaced
from asdcfer.evaluation.probes.knn import knn_accuracy
from asdcfer.models.encoder import Encoder
from asdcfer.models.feature_extraction import features_in_batches
from asdcfer.training.engine.health import Health, assess_health
from asdcfer.training.engine.metrics_log import MetricsLog


@dataclass(frozen=True)
class LabeledFaces:
    """Faces for the online kNN. Labels are looked at here, and nowhere in training.

    Attributes:
        known, known_labels: uint8 images and labels of training faces.
        asked, asked_labels: those of the validation split, or of a fixed tenth of the training
            faces; never of a private or test split.
        held_out: whether those that are asked are not trained on.
    """

    known: np.ndarray
    known_labels: np.ndarray
    asked: np.ndarray
    asked_labels: np.ndarray
    held_out: bool


def labeled_faces(pack: Pack, splits: list[str], count: int) -> LabeledFaces | None:
    """Choose the faces of the online kNN, evenly spaced; None where there are too few labels.

    Args:
        pack: where they come from.
        splits: splits that are trained on.
        count: training faces; a quarter as many are asked; 0 for no kNN.
    """
    if count == 0:
        return None
    known = (
        pack.rows(*[name for name in splits if name not in TEST_SPLITS]) if splits else np.arange(0)
    )
    known = known[pack.labels[known] >= 0]
    validation = [name for name in VALIDATION_SPLITS if name in pack.splits and name not in splits]
    labeled = (np.flatnonzero((pack.split == name) & (pack.labels >= 0)) for name in validation)
    found = next((rows for rows in labeled if len(rows)), None)
    asked = known[::10] if found is None else found
    known = np.setdiff1d(known, asked)
    known, asked = evenly_spaced(known, count), evenly_spaced(asked, max(1, count // 4))
    if len(known) < 20 or len(asked) < 10:
        return None
    return LabeledFaces(
        pack.images[known],
        pack.labels[known],
        pack.images[asked],
        pack.labels[asked],
        held_out=found is not None,
    )


def features_of(
    encoder: Encoder, images: Tensor | np.ndarray, precision: str = "32-true"
) -> Tensor:
    """Return the features float32 (N, D) of uint8 faces, computed as training computes."""
    batches = features_in_batches(
        encoder, images, bf16=precision.startswith("bf16"), channels_last=True
    )
    return torch.cat([found for _, found in batches])


class HealthCallback(Callback):
    """Measure health every few epochs and at the end; the verdict is in `health` afterwards.

    Args:
        log: gets the measurements as columns.
        faces: uint8 (N,H,W) or (N,H,W,3), whose features are measured.
        every_epochs: distance of two measurements, epochs.
        precision: Lightning's name of the precision that training runs in.
        labeled: faces of the online kNN, or None.
        negatives: returns how many negatives a query meets, None for a loss without contrast.
        explained: returns `Method.held_out_explained` of the faces that the kNN asks about, where
            those are not trained on.
    """

    def __init__(
        self,
        log: MetricsLog,
        faces: Tensor,
        every_epochs: int,
        precision: str,
        labeled: LabeledFaces | None = None,
        negatives: Callable[[], int | None] = lambda: None,
        explained: Callable[[Tensor], float | None] = lambda _: None,
    ) -> None:
        self.metrics, self.faces, self.every_epochs = log, faces, every_epochs
        self.precision, self.labeled, self.negatives = precision, labeled, negatives
        self.explained = explained
        self.health: Health | None = None

    def on_train_batch_end(
        self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Measure where it is due; comes before the log, whose row takes the numbers up."""
        plan = module.plan
        last = module.step >= plan.total_steps
        due = last or (
            module.step % plan.steps_per_epoch == 0 and module.epoch % self.every_epochs == 0
        )
        if not (due and module.between_steps and trainer.is_global_zero):
            return
        encoder = module.exported_encoder
        features = features_of(encoder, self.faces, self.precision)
        means = {name: (value / module.summed).item() for name, value in module.sums.items()}
        knn, shares, explained = self._ask(encoder), None, None
        if self.labeled is not None:
            if self.labeled.held_out:
                explained = self.explained(torch.from_numpy(self.labeled.asked))
            counts = np.bincount(self.labeled.asked_labels)
            shares = (counts / len(self.labeled.asked_labels)).tolist()
        self.health = assess_health(
            features,
            loss=means.get("contrastive"),
            negatives=self.negatives(),
            target_entropy=means.get("target_entropy"),
            knn_online=knn,
            class_shares=shares,
            explained=explained,
        )
        self.metrics.measured |= {
            "feature_spread": self.health.feature_spread,
            "effective_rank": self.health.effective_rank,
        }
        if explained is not None:
            self.metrics.measured["explained_held_out"] = explained
        if knn is not None:
            self.metrics.measured["knn_online"] = knn

    def _ask(self, encoder: Encoder) -> float | None:
        if self.labeled is None:
            return None
        known = features_of(encoder, self.labeled.known, self.precision).numpy()
        asked = features_of(encoder, self.labeled.asked, self.precision).numpy()
        return knn_accuracy(known, self.labeled.known_labels, asked, self.labeled.asked_labels)
