"""kNN probe: how well the nearest training faces, by cosine of features, tell an expression."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from asdcfer.data.splits import check_choice
from asdcfer.evaluation.probes.context import ProbeContext
from asdcfer.evaluation.probes.evaluate_splits import FittedClassifier, evaluate_splits
from asdcfer.evaluation.result import Result

NEIGHBORS = (1, 5, 10, 20, 50, 100, 200)
TEMPERATURES = (0.02, 0.05, 0.07, 0.1, 0.2, 0.5)
CHUNK = 512


def nearest(
    bank: np.ndarray | Tensor, queries: np.ndarray | Tensor, k: int
) -> tuple[Tensor, Tensor]:
    """Return cosines (N,k) and row numbers (N,k) of the k nearest rows of the bank, nearest first.

    Args:
        bank: float (M,D).
        queries: float (N,D).
        k: at most M are given.
    """
    rows = F.normalize(
        torch.as_tensor(np.array(bank) if isinstance(bank, np.ndarray) else bank).float(), dim=1
    )
    cosines, indices = [], []
    for start in range(0, len(queries), CHUNK):
        part = queries[start : start + CHUNK]
        part = (
            torch.as_tensor(np.array(part) if isinstance(part, np.ndarray) else part)
            .float()
            .to(rows.device)
        )
        top = (F.normalize(part, dim=1) @ rows.T).topk(min(k, len(rows)), dim=1)
        cosines.append(top.values)
        indices.append(top.indices)
    if not cosines:
        return rows.new_zeros(0, min(k, len(rows))), rows.new_zeros(
            0, min(k, len(rows)), dtype=torch.int64
        )
    return torch.cat(cosines), torch.cat(indices)


def vote(cosines: Tensor, labels: Tensor, classes: int, temperature: float) -> Tensor:
    """Return the weighted vote: `p_c = sum_{i: y_i = c} exp(cos_i / T) / sum_i exp(cos_i / T)`.

    Args:
        cosines: (N,k) of the neighbors.
        labels: int64 (N,k) of the neighbors.
        classes: C.
        temperature: T, above 0.

    Returns:
        float (N,C), rows sum to 1.

    Source: Wu et al., Unsupervised feature learning via non-parametric instance discrimination,
        CVPR 2018, section 3.4.

    Example:
        >>> cosines, labels = torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([[1, 0, 0]])
        >>> vote(cosines, labels, 2, 100.0).round(decimals=1)
        tensor([[0.7000, 0.3000]])
    """
    weights = (cosines / temperature).softmax(1)
    return torch.zeros(
        len(cosines), classes, dtype=weights.dtype, device=weights.device
    ).scatter_add_(1, labels, weights)


def knn_accuracy(
    bank: np.ndarray,
    bank_labels: np.ndarray,
    queries: np.ndarray,
    labels: np.ndarray,
    k: int = 20,
    temperature: float = 0.07,
) -> float:
    """Return the accuracy of one weighted kNN, for a quick look while an encoder trains.

    Args:
        bank: float (M,D), array or tensor.
        bank_labels: int (M,).
        queries: float (N,D), array or tensor.
        labels: int (N,), of the queries.
        k: neighbors.
        temperature: of the vote.
    """
    known, asked = (
        torch.as_tensor(np.asarray(values, np.int64)) for values in (bank_labels, labels)
    )
    cosines, indices = (found.cpu() for found in nearest(bank, queries, k))
    probabilities = vote(
        cosines, known[indices], int(max(known.max(), asked.max())) + 1, temperature
    )
    return float((probabilities.argmax(1) == asked).float().mean())


def choose_knn(
    bank: np.ndarray,
    bank_labels: np.ndarray,
    queries: np.ndarray,
    labels: np.ndarray,
    classes: int,
    neighbors: Sequence[int] = NEIGHBORS,
    temperatures: Sequence[float] = TEMPERATURES,
) -> tuple[dict[str, Any], np.ndarray]:
    """Return the best {"k", "temperature"} on the queries, and their probabilities (N,C) there.

    Of equals, the likelier answers win, then the smaller k.
    """
    cosines, indices = nearest(bank, queries, max(neighbors))
    found = torch.from_numpy(np.asarray(bank_labels, np.int64)).to(indices.device)[indices]
    truth = torch.from_numpy(np.asarray(labels, np.int64)).to(indices.device)
    best: tuple[float, float] | None = None
    chosen: dict[str, Any] = {}
    kept = torch.zeros(0)
    for k in neighbors:
        if k > cosines.shape[1] and k != min(neighbors):
            continue
        for temperature in temperatures:
            p = vote(cosines[:, :k], found[:, :k], classes, temperature)
            score = (
                (p.argmax(1) == truth).double().mean().item(),
                p.gather(1, truth[:, None]).clamp_min(1e-6).log().mean().item(),
            )
            if best is None or score > best:
                best, chosen, kept = (
                    score,
                    {"k": min(k, cosines.shape[1]), "temperature": temperature},
                    p,
                )
    return chosen, kept.cpu().numpy()


class KnnProbe(BaseModel):
    """The weighted kNN of frozen features; only the validation split chooses k and temperature.

    Attributes:
        neighbors: numbers of neighbors to choose from.
        temperatures: to choose from.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> from asdcfer.data.splits import task_of
        >>> from asdcfer.models.encoder import EncoderSpec
        >>> from asdcfer.models.registry import build_encoder
        >>> encoder = build_encoder(EncoderSpec(name="mobile", arguments={"width": 0.25}))
        >>> pack = sample_pack()
        >>> few = task_of(pack).with_train(pack.rows("train")[::10])
        >>> context = ProbeContext(encoder=encoder, pack=pack, task=few, cache=None)
        >>> private, union = KnnProbe().run(context)
        >>> private.kind, sorted(private.hyperparameters), union.images
        ('knn', ['k', 'temperature'], 500)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ClassVar[str] = "knn"
    reads_tta: ClassVar[bool] = False
    neighbors: tuple[int, ...] = NEIGHBORS
    temperatures: tuple[float, ...] = TEMPERATURES

    def run(self, context: ProbeContext) -> Iterator[Result]:
        """Give the results of one encoder: the test split, and the union where FER-2013 has one.

        Raises:
            DataError: the pack is unlabeled, lacks a split, or has nothing to choose by.
        """
        start, task = time.perf_counter(), context.roles
        check_choice(context.pack, task)
        bank, validation, test = (
            context.features(rows) for rows in (task.train, task.validation, task.test)
        )
        classes = len(task.expressions)
        chosen, chosen_probabilities = choose_knn(
            bank,
            task.labels[task.train],
            validation,
            task.labels[task.validation],
            classes,
            self.neighbors,
            self.temperatures,
        )
        # The bank of the test is the training list with the tenth that was held out to choose.
        rows = np.concatenate([task.train, task.validation]) if task.refit else task.train
        bank = np.concatenate([bank, validation]) if task.refit else bank
        cosines, indices = nearest(bank, test, chosen["k"])
        probabilities = vote(
            cosines, torch.from_numpy(task.labels[rows])[indices], classes, chosen["temperature"]
        ).numpy()
        fitted = FittedClassifier(
            kind=self.kind,
            validation=chosen_probabilities,
            test=probabilities,
            trained_on=(
                "frozen encoder in evaluation mode, weighted cosine kNN in the "
                f"{len(rows):,} training images"
            ),
            chosen="k and temperature",
            hyperparameters=chosen,
            training_images=len(rows),
            seconds=time.perf_counter() - start,
        )
        yield from evaluate_splits(context, fitted)
