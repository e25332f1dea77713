"""Cluster agreement: pseudo-labels that classifier, confidence and clusters agree on."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from asdcfer.data.pack import Pack
from asdcfer.data.splits import Task
from asdcfer.evaluation.probes.features import extract
from asdcfer.models.encoder import Encoder
from asdcfer.training.finetune.label_propagation import SAMPLE, principal
from asdcfer.training.finetune.options import UnlabeledOptions

DIMS, CHUNK = 256, 2048
"""Principal directions that are clustered, and faces read at once."""


@dataclass(frozen=True)
class Agreement:
    """Which unlabeled faces take part, and as what.

    Attributes:
        kept: bool (U,).
        labels: int64 (U,), the classifier's, also where it is not kept.
        outside, unsure, contradicted: faces left out because they lie between clusters, because
            the classifier is not sure, or because their cluster is mostly of another expression;
            each is counted once, in this order.
    """

    kept: np.ndarray
    labels: np.ndarray
    outside: int
    unsure: int
    contradicted: int

    def __str__(self) -> str:
        return (
            f"{self.kept.sum():,} of {len(self.kept):,} unlabeled faces take part; left out: "
            f"{self.outside:,} between clusters, {self.unsure:,} not sure, "
            f"{self.contradicted:,} against their cluster"
        )


def silhouettes(features: np.ndarray, centers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cluster of each face and how clearly it lies there.

    s = (b - a) / max(a, b), a the distance to the own center, b to the next one

    Args:
        features: float (N,D).
        centers: float (K,D), K >= 2.

    Returns:
        int64 (N,) in 0..K-1, and float (N,) in 0..1; 0 lies half-way between two clusters.

    Source: Rousseeuw, Silhouettes, 1987, in its simplified form: distances to centers for mean
        distances to all members, which a hundred thousand faces allow.

    Example:
        >>> cluster, clear = silhouettes(np.array([[0.0], [1.0]]), np.array([[0.0], [2.0]]))
        >>> cluster.tolist(), clear.tolist()
        ([0, 0], [1.0, 0.0])
    """
    distances = np.linalg.norm(features[:, None] - centers[None], axis=2)
    ordered = np.sort(distances, axis=1)
    own, next_one = ordered[:, 0], ordered[:, 1]
    return distances.argmin(1), (next_one - own) / np.maximum(next_one, 1e-12)


def agreement(
    known: np.ndarray,
    truth: np.ndarray,
    asked: np.ndarray,
    probabilities: np.ndarray,
    options: UnlabeledOptions,
    seed: int = 0,
) -> Agreement:
    """Return which pseudo-labels to keep.

    A face is kept where its silhouette is above `agreement_silhouette`, the classifier is surer
    than `agreement_confidence`, and most labeled faces of its cluster have the predicted label.

    Args:
        known: float (N,D), features of the labeled faces.
        truth: int (N,), their labels.
        asked: float (U,D), features of the unlabeled faces.
        probabilities: float (U,C), what a classifier of the labeled faces says of them.
        options: thresholds, and the number of clusters (0 for one each expression).
        seed: of the clustering.

    Source: after the abstract of Fang et al., IEEE Access 2023: clusters and silhouettes reject
        images outside of the classes, and pseudo-labels are matched with the clusters before they
        are added; "-like". NOTE: our reading: k-means over both kinds of faces, simplified
        silhouettes, majority of the labeled members, thresholds.
    """
    from sklearn.cluster import KMeans

    count = options.agreement_clusters or probabilities.shape[1]
    everything = np.concatenate([known, asked])
    means = KMeans(min(count, len(everything)), n_init=4, random_state=seed).fit(everything)
    cluster, clear = silhouettes(everything, means.cluster_centers_)
    votes = np.zeros((len(means.cluster_centers_), probabilities.shape[1]), np.int64)
    np.add.at(votes, (cluster[: len(known)], truth), 1)
    majority = np.where(votes.any(1), votes.argmax(1), -1)
    labels, sure = probabilities.argmax(1), probabilities.max(1)
    inside = clear[len(known) :] > options.agreement_silhouette
    certain = sure > options.agreement_confidence
    agreed = majority[cluster[len(known) :]] == labels
    return Agreement(
        inside & certain & agreed,
        labels.astype(np.int64),
        int((~inside).sum()),
        int((inside & ~certain).sum()),
        int((inside & certain & ~agreed).sum()),
    )


def agreed_task(
    encoder: Encoder,
    pack: Pack,
    task: Task,
    unlabeled: np.ndarray,
    probabilities: np.ndarray,
    options: UnlabeledOptions,
    seed: int = 0,
) -> tuple[Task, Agreement]:
    """Return the task with the agreed pseudo-labels among its training labels, and what was kept.

    Args:
        encoder: frozen, trained without labels.
        pack: the faces.
        task: labeled rows.
        unlabeled: rows of the others.
        probabilities: (U,C), what a classifier says of them.
        options: of the selection.
        seed: of the clustering.
    """
    features = partial(extract, encoder, pack, cache=None)
    known = torch.from_numpy(np.array(features(task.train)))
    sample = np.random.default_rng(0).permutation(len(known))[:SAMPLE]
    mean, directions = principal(known[torch.from_numpy(sample)], DIMS)

    def short(x: torch.Tensor) -> np.ndarray:
        return F.normalize((x - mean) @ directions, dim=1).numpy()

    parts = [
        short(torch.from_numpy(np.array(features(unlabeled[start : start + CHUNK]))))
        for start in range(0, len(unlabeled), CHUNK)
    ]
    truth = task.labels[task.train]
    found = agreement(short(known), truth, np.concatenate(parts), probabilities, options, seed)
    labels = task.labels.copy()
    labels[unlabeled[found.kept]] = found.labels[found.kept]
    rows = np.sort(np.concatenate([task.train, unlabeled[found.kept]]))
    return replace(task, train=rows, labels=labels), found
