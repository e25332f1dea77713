"""Pseudo-labels: what a model says about a face becomes the label of a harder view of it."""

import torch
from torch import Tensor

from asdcfer.losses.float32 import in_float32


@in_float32
def pseudo_label_loss(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted cross-entropy with pseudo-labels, `-1/B sum_b w_b sum_c q_bc log p_bc`.

    B counts all faces, also those whose label is not believed.

    Args:
        logits: (B,C), of the strong views.
        target: (B,C), pseudo-labels q, rows sum to 1; no gradient goes into them.
        weight: (B,), 1 for a label that is believed, else 0.

    Source: Sohn et al., FixMatch, NeurIPS 2020, eq. 4 (there with one-hot targets).

    Example:
        >>> import torch
        >>> loss = pseudo_label_loss(torch.zeros(2, 4), torch.eye(4)[:2], torch.tensor([1.0, 0.0]))
        >>> loss * 2 == torch.tensor(4.0).log()
        tensor(True)
    """
    return -(weight * (target.detach() * logits.log_softmax(1)).sum(1)).mean()


def align_to_prior(probabilities: Tensor, prior: Tensor, running: Tensor) -> Tensor:
    """Return predictions that follow a prior on average, `q = p prior / running`, rows of sum 1.

    Args:
        probabilities: (B,C), rows sum to 1.
        prior: (C,), what the labels of such faces are like.
        running: (C,), mean of the model's recent predictions.

    Source: Berthelot et al., ReMixMatch, ICLR 2020, section 3.1.

    Example:
        >>> import torch
        >>> prior, running = torch.tensor([0.5, 0.5]), torch.tensor([0.75, 0.25])
        >>> align_to_prior(torch.tensor([[0.5, 0.5]]), prior, running).round(decimals=2)
        tensor([[0.2500, 0.7500]])
    """
    moved = probabilities * (prior / running.clamp_min(1e-6))
    return moved / moved.sum(1, keepdim=True)


def sharpen(probabilities: Tensor, temperature: float) -> Tensor:
    """Return `p^(1/T)`, each row scaled to sum 1.

    T = 1 changes nothing, T towards 0 makes the labels hard.

    Source: Berthelot et al., MixMatch, NeurIPS 2019, eq. 7.

    Example:
        >>> import torch
        >>> sharpen(torch.tensor([[0.75, 0.25]]), 0.5)
        tensor([[0.9000, 0.1000]])
    """
    # In logarithms: a high power of small numbers would vanish.
    return (probabilities.clamp_min(1e-30).log() / temperature).softmax(1)


def adaptive_thresholds(confidence: Tensor, classes: Tensor) -> Tensor:
    """Return the confidence that each class must reach: `tau_c = tau m_c / max_c m_c`.

    Args:
        confidence: scalar tau, running mean of the largest probability of a prediction.
        classes: (C,), running mean m of the predictions.

    Source: Wang et al., FreeMatch, ICLR 2023, eq. 5 to 7.

    Example:
        >>> import torch
        >>> adaptive_thresholds(torch.tensor(0.8), torch.tensor([0.5, 0.25, 0.25]))
        tensor([0.8000, 0.4000, 0.4000])
    """
    return confidence * classes / classes.max()


def confidence_mask(probabilities: Tensor, thresholds: Tensor) -> Tensor:
    """Return (B,) 1.0 where the most probable class reaches its threshold, else 0.0.

    Args:
        probabilities: (B,C).
        thresholds: (C,), or a scalar for all classes.

    Example:
        >>> import torch
        >>> confidence_mask(torch.tensor([[0.7, 0.3], [0.4, 0.6]]), torch.tensor([0.5, 0.65]))
        tensor([1., 0.])
    """
    top, winner = probabilities.max(1)
    return (top >= thresholds.expand(probabilities.shape[1])[winner]).to(probabilities.dtype)


def estimated_prior(
    probabilities: Tensor, prior: Tensor, pseudo_count: float = 0.0, iterations: int = 200
) -> tuple[Tensor, Tensor]:
    """Return how common each class is among unlabeled faces, and their probabilities under that.

    A classifier learnt where classes are as common as `prior` says; the faces may be of another
    mix. Expectation maximization: `r_bc = p_bc new_c / prior_c`, rows scaled to sum 1, `new_c =
    (sum_b r_bc + a prior_c) / (B + a)`, until it rests.

    Args:
        probabilities: (B,C), calibrated, rows sum to 1.
        prior: (C,), of the labeled faces, sums to 1; a class of 0 keeps it.
        pseudo_count: a, faces' worth of belief in `prior`; above 0 it keeps a rare class from dying
            out.
        iterations: at most.

    Source: Saerens, Latinne and Decaestecker, Adjusting the outputs of a classifier to new a priori
        probabilities, Neural Computation 14 (2002), eq. 2.9.

    Example:
        >>> import torch
        >>> p = torch.tensor([[0.9, 0.1]] * 3 + [[0.1, 0.9]])
        >>> estimated_prior(p, torch.tensor([0.5, 0.5]))[0].round(decimals=2)
        tensor([0.8100, 0.1900])
    """
    prior = prior.to(probabilities.dtype)
    # What was never seen stays so, and makes no 0 / 0 of all the others; of a face that could be
    # nothing else, nothing is known.
    seen = prior.clamp_min(torch.finfo(prior.dtype).tiny)
    known = torch.where(prior > 0, probabilities, torch.zeros_like(probabilities))
    total = known.sum(1, keepdim=True)
    probabilities = torch.where(total > 0, known / total, prior)
    new = prior
    for _ in range(iterations):
        shares = probabilities * (new / seen)
        shares = shares / shares.sum(1, keepdim=True)
        last, new = (
            new,
            (shares.sum(0) + pseudo_count * prior) / (len(probabilities) + pseudo_count),
        )
        if float((new - last).abs().max()) < 1e-7:
            break
    moved = probabilities * (new / seen)
    return new, moved / moved.sum(1, keepdim=True)
