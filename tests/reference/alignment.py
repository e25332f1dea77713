"""Umeyama's method as printed, by singular values, for any dimension."""

import numpy as np


def umeyama(points: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return (d,d+1): rotation times scale, and shift (eqs. 34 to 43, reflections excluded)."""
    n, d = points.shape
    p_mean = sum(points) / n
    q_mean = sum(targets) / n
    covariance = np.zeros((d, d))
    variance = 0.0
    for p, q in zip(points, targets, strict=True):
        covariance += np.outer(q - q_mean, p - p_mean) / n
        variance += ((p - p_mean) ** 2).sum() / n
    u, singular, vt = np.linalg.svd(covariance)
    signs = np.ones(d)
    if np.linalg.det(u) * np.linalg.det(vt) < 0:
        signs[-1] = -1
    rotation = u @ np.diag(signs) @ vt
    scale = (singular * signs).sum() / variance
    return np.column_stack([scale * rotation, q_mean - scale * rotation @ p_mean])
