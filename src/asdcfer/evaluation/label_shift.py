"""Label shift: the faces that are answered for hold the expressions in another mix than the labels.

Somebody who labels equally many faces of each expression teaches a classifier that disgust is as
common as joy.
"""

from dataclasses import dataclass

import numpy as np
import torch

from asdcfer.evaluation.calibration import fit_temperature
from asdcfer.losses.pseudo_label import estimated_prior

PSEUDO_SHARE = 0.03
"""Least belief in the mix of the labels, as a share of the faces without: it keeps rare classes
alive.
"""

DOUBT = 290
"""Labels below which the belief is more than one: it is `(DOUBT / labels)^2`. What a classifier of
few labels says of many faces is wrong in the same way of all: without a belief stronger than they
are, such an error becomes the mix.
"""

RARE = 1e-6
"""Least share that a logarithm is taken of."""


@dataclass(frozen=True)
class LabelShift:
    """Another mix of expressions than a classifier learnt, and how its logits are moved to it.

    Attributes:
        prior: float64 (C,), the new mix, sums to 1.
        offset: float64 (C,), `log(prior / learnt)`; where a class was not learnt, `log(RARE)`.
        temperature: that makes the logits honest, before the offset.
    """

    prior: np.ndarray
    offset: np.ndarray
    temperature: float

    def moved(self, logits: np.ndarray) -> np.ndarray:
        """Return logits for faces of the new mix: `logits / temperature + offset`.

        Args:
            logits: float (N,C), of the classifier that learnt the old mix.
        """
        moved: np.ndarray = np.asarray(logits, np.float64) / self.temperature + self.offset
        return moved


def estimate_label_shift(
    unlabeled: np.ndarray, learnt: np.ndarray, held_out: np.ndarray, labels: np.ndarray
) -> LabelShift:
    """Estimate the mix of faces without labels from what a classifier says of them.

    The temperature makes the classifier honest on labeled faces that it did not learn from, whose
    own mix is known; expectation maximization then finds the mix of the unlabeled ones. The fewer
    labels there were, the nearer it stays to theirs.

    Args:
        unlabeled: float (U,C), logits of the faces without labels; U is 1 or more.
        learnt: int (C,), how many labels of each class the classifier learnt.
        held_out: float (M,C), logits of labeled faces that the classifier did not learn from.
        labels: int (M,), theirs; of M, 1 or more are of a class that was learnt.

    Source: Saerens, Latinne and Decaestecker, Neural Computation 14 (2002), eq. 2.9; calibrated
        before, as Alexandari, Kundaje and Shrikumar, ICML 2020, found necessary.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> y = np.repeat([0, 1], [300, 300])
        >>> z = rng.normal(size=(600, 1)) + 2 * y[:, None]
        >>> logits = np.concatenate([np.zeros_like(z), 2 * z - 2], 1)
        >>> shift = estimate_label_shift(logits[150:], np.array([900, 900]), logits, y)
        >>> bool(abs(shift.prior[0] - 150 / 450) < 0.05)
        True
    """
    share = max(PSEUDO_SHARE, (DOUBT / int(learnt.sum())) ** 2)
    learnt = learnt / learnt.sum()
    # What was never learnt says nothing about how sure the classifier may be of the rest.
    known = learnt[labels] > 0
    held_out, labels = held_out[known], labels[known]
    own = np.bincount(labels, minlength=len(learnt)) / len(labels)
    offset = np.log(own.clip(RARE) / learnt.clip(RARE))
    temperature = fit_temperature(held_out, labels, offset=offset)
    asked = (torch.from_numpy(np.asarray(unlabeled, np.float64)) / temperature).softmax(1)
    prior, _ = estimated_prior(asked, torch.from_numpy(learnt), share * len(unlabeled))
    found = prior.numpy()
    moved = np.log(found.clip(RARE) / learnt.clip(RARE))
    return LabelShift(found, np.where(learnt > 0, moved, np.log(RARE)), temperature)
