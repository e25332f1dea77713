"""Candidates for the model that is kept: each with its answers for faces it did not learn from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.adaptation.linear_heads import LinearHead
from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.evaluation.metrics import RESAMPLES, score
from asdcfer.evaluation.result import Scores

TEMPERATURE_PRIOR = 20
"""Labels that a candidate's own temperature counts for: five right answers prove little."""


@dataclass(frozen=True)
class Candidate:
    """One way to a model, and what it says of each labeled face without having learnt from it.

    Attributes:
        name: "shipped", "adapted_linear", ...
        words: what it is.
        logits: float (N,C), of the labeled faces; by the folds where it learnt from labels.
        encoder: which encoder it stands on, or the folder of its own model.
        head: on that encoder; None where a model of its own is kept.
        learnt: whether it learnt from labels.
        temperature: that it comes with.
        seconds: that it took.
    """

    name: str
    words: str
    logits: np.ndarray
    encoder: str
    head: LinearHead | None
    learnt: bool
    temperature: float = 1.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Scored:
    """A candidate and its scores on the labeled faces.

    Attributes:
        candidate: what was scored.
        scores: with 95 % intervals that draw whole groups.
        temperature: fitted to its answers.
    """

    candidate: Candidate
    scores: Scores
    temperature: float
    right: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Difference:
    """How much one candidate is better than another on the same faces, with its 95 % interval."""

    accuracy: float
    interval: tuple[float, float]

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval[0] > 0 or self.interval[1] < 0


def scored(candidate: Candidate, given: GivenLabels, seed: int = 0) -> Scored:
    """Return a candidate with its temperature and its scores.

    Args:
        candidate: with logits of the labeled faces.
        given: their labels.
        seed: of the bootstrap.
    """
    temperature = settled_temperature(candidate.logits, given.labels, candidate.temperature)
    shifted = candidate.logits / temperature
    shifted = shifted - shifted.max(1, keepdims=True)
    raised = np.exp(shifted.astype(np.float64))
    found = score(
        raised / raised.sum(1, keepdims=True),
        given.labels,
        given.names,
        evaluated_on="the labeled faces",
        seed=seed,
    )
    right = candidate.logits.argmax(1) == given.labels
    if given.grouped_by:
        found = found.model_copy(
            update={
                "interval": group_interval(right.astype(float), given.groups, seed),
                "mean_class_interval": None,
            }
        )
    return Scored(candidate, found, temperature, right)


def settled_temperature(logits: np.ndarray, labels: np.ndarray, before: float) -> float:
    """Return the temperature fitted to answers, drawn towards the one from before.

        log T = (n log T_fitted + k log T_before) / (n + k),  k = `TEMPERATURE_PRIOR`

    Args:
        logits: float (N,C), of faces that were not learnt from.
        labels: int (N,).
        before: above 0.

    Source: NOTE: our reading; with few labels, all of them right, likelihood alone asks for
        confidences of 1.

    Example:
        >>> sure = np.eye(2)[[0, 1, 0, 1]] * 3
        >>> 0.05 < settled_temperature(sure, np.array([0, 1, 0, 1]), 1.0) < 1
        True
    """
    count = len(labels)
    fitted = np.log(fit_temperature(logits, labels))
    together = count * fitted + TEMPERATURE_PRIOR * np.log(before)
    return float(np.exp(together / (count + TEMPERATURE_PRIOR)))


def best_of(found: Sequence[Scored]) -> Scored:
    """Return the candidate of highest accuracy; of equal ones the first, which is the plainest.

    Args:
        found: from the plainest to the least plain.
    """
    return max(found, key=lambda each: each.scores.accuracy)


def kept_of(found: Sequence[Scored], groups: np.ndarray) -> Scored:
    """Return the candidate that is kept: one that learnt no labels, unless one that did has proved.

    What learnt from labels has to be more accurate than the best of the others by more than one
    standard error of their difference. With few labels the folds tell candidates apart by luck, and
    a head that was fitted to these labels answers worse for faces in their natural numbers.

    Args:
        found: from the plainest to the least plain.
        groups: int (N,), of the labeled faces.

    Source: the one-standard-error rule of Breiman et al., Classification and regression trees,
        1984, section 3.4.3, for paired answers.
    """
    best = best_of(found)
    unlearnt = [each for each in found if not each.candidate.learnt]
    if not unlearnt:
        return best
    plain = best_of(unlearnt)
    gains = best.right.astype(float) - plain.right
    # One right answer more, and none wrong beside it, is one standard error, up to rounding.
    least = standard_error(gains, groups) * (1 + 1e-9)
    return best if gains.mean() > least else plain


def standard_error(values: np.ndarray, groups: np.ndarray) -> float:
    """Return the standard error of a mean whose values come in groups.

        sqrt(G / (G - 1) * sum_g (sum_g - mean * n_g)^2) / N

    Args:
        values: float (N,).
        groups: int (N,), G different ones; with one value each it is the usual formula.

    Source: Cochran, Sampling techniques, 1977, section 9A.2 (ratio of sums over clusters).

    Example:
        >>> round(standard_error(np.array([1.0, 0.0, 1.0, 0.0]), np.arange(4)), 3)
        0.289
        >>> standard_error(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 1, 1]))
        0.5
    """
    _, number = np.unique(groups, return_inverse=True)
    sums = np.bincount(number, weights=values - values.mean())
    count = len(sums)
    if count < 2:
        return float("inf")
    return float(np.sqrt(count / (count - 1) * np.square(sums).sum()) / len(values))


def difference(one: Scored, other: Scored, groups: np.ndarray, seed: int = 0) -> Difference:
    """Return how much more accurate one candidate is than another, on the same faces.

    Args:
        one: the first.
        other: the second.
        groups: int (N,), drawn whole.
        seed: of the bootstrap.
    """
    each = one.right.astype(float) - other.right.astype(float)
    return Difference(float(each.mean()), group_interval(each, groups, seed))


def group_interval(values: np.ndarray, groups: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean; whole groups are drawn.

    Faces of one video are no independent witnesses, so that they come and go together.

    Args:
        values: float (N,).
        groups: int (N,).
        seed: of the draws.

    Source: Davison and Hinkley, Bootstrap methods and their application, 1997, section 3.8.

    Example:
        >>> low, high = group_interval(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0, 0, 1, 1]))
        >>> low, high
        (0.0, 1.0)
    """
    _, number = np.unique(groups, return_inverse=True)
    sizes = np.bincount(number).astype(float)
    sums = np.bincount(number, weights=values)
    drawn = np.random.default_rng(seed).multinomial(
        len(sizes), np.full(len(sizes), 1 / len(sizes)), size=RESAMPLES
    )
    means = (drawn @ sums) / (drawn @ sizes)
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))
