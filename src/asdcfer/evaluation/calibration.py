"""Calibration: one temperature that makes confidences honest without changing any answer."""

import numpy as np
import torch
import torch.nn.functional as F


def fit_temperature(
    logits: np.ndarray,
    labels: np.ndarray,
    mirrored: np.ndarray | None = None,
    offset: np.ndarray | None = None,
) -> float:
    """Return the temperature T that gives `softmax(logits / T + offset)` the greatest likelihood.

    Golden-section search over log T in T = 0.05..20; the likelihood has a single peak there.

    Args:
        logits: float (N,C).
        labels: int (N,), each in 0..C-1.
        mirrored: logits (N,C) of the mirrored images, where the model averages the two
            probabilities.
        offset: (C,), where the labels hold the classes in another mix than the classifier learnt:
            the logarithm of the one over the other; 0 by default.

    Source: Guo et al., On calibration of modern neural networks, ICML 2017, section 4.2.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.normal(size=(2000, 3)) * 2
        >>> y = np.array([rng.choice(3, p=np.exp(r) / np.exp(r).sum()) for r in z])
        >>> round(fit_temperature(5 * z, y))
        5
    """
    given = [
        torch.from_numpy(np.asarray(z, np.float64)) for z in (logits, mirrored) if z is not None
    ]
    truth = torch.from_numpy(np.asarray(labels, np.int64))
    moved = torch.from_numpy(np.zeros(1) if offset is None else np.asarray(offset, np.float64))

    def cost(log_temperature: float) -> float:
        heat = float(np.exp(log_temperature))
        mean = torch.stack([F.softmax(z / heat + moved, 1) for z in given]).mean(0)
        return float(F.nll_loss(mean.clamp_min(1e-300).log(), truth))

    low, high = float(np.log(0.05)), float(np.log(20.0))
    ratio = (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    cost_left, cost_right = cost(left), cost(right)
    while high - low > 1e-5:
        if cost_left < cost_right:
            high, right, cost_right = right, left, cost_left
            left = high - ratio * (high - low)
            cost_left = cost(left)
        else:
            low, left, cost_left = left, right, cost_right
            right = low + ratio * (high - low)
            cost_right = cost(right)
    return float(np.exp((low + high) / 2))
