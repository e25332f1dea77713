"""Slow Fisher vector and gradient descriptor, straight from their definitions, in float64 loops."""

import math

import numpy as np


def fisher_vector(
    z: np.ndarray, weight: np.ndarray, mean: np.ndarray, variance: np.ndarray
) -> np.ndarray:
    """Return the improved Fisher vector (signed square root, each component of unit length) of
    descriptors z (N,D).
    """
    n, components = len(z), len(weight)
    blocks = []
    responsibilities = np.zeros((n, components))
    for i in range(n):
        densities = [
            weight[k]
            * math.prod(
                math.exp(-((z[i, d] - mean[k, d]) ** 2) / (2 * variance[k, d]))
                / math.sqrt(variance[k, d])
                for d in range(z.shape[1])
            )
            for k in range(components)
        ]
        responsibilities[i] = np.array(densities) / sum(densities)
    for k in range(components):
        a, b = np.zeros(z.shape[1]), np.zeros(z.shape[1])
        for i in range(n):
            u = (z[i] - mean[k]) / np.sqrt(variance[k])
            a += responsibilities[i, k] * u
            b += responsibilities[i, k] * (u**2 - 1)
        a, b = a / (n * math.sqrt(weight[k])), b / (n * math.sqrt(2 * weight[k]))
        block = np.concatenate([a, b])
        block = np.sign(block) * np.sqrt(np.abs(block))
        blocks.append(block / np.linalg.norm(block))
    return np.concatenate(blocks)


def gradient_descriptor(smoothed: np.ndarray, row: int, column: int, cell: int) -> np.ndarray:
    """Return the descriptor around one point of an already smoothed image (S,S)."""
    side = len(smoothed)
    at = lambda r, c: smoothed[min(max(r, 0), side - 1), min(max(c, 0), side - 1)]  # noqa: E731
    found = np.zeros((4, 4, 8))
    for i, dy in enumerate((-1.5, -0.5, 0.5, 1.5)):
        for j, dx in enumerate((-1.5, -0.5, 0.5, 1.5)):
            center_row, center_column = row + round(dy * cell), column + round(dx * cell)
            for r in range(max(0, center_row - cell + 1), min(side, center_row + cell)):
                for c in range(max(0, center_column - cell + 1), min(side, center_column + cell)):
                    gx, gy = (at(r, c + 1) - at(r, c - 1)) / 2, (at(r + 1, c) - at(r - 1, c)) / 2
                    share = (
                        (1 - abs(r - center_row) / cell)
                        * (1 - abs(c - center_column) / cell)
                        * math.hypot(gx, gy)
                    )
                    place = (math.atan2(gy, gx) * 8 / (2 * math.pi)) % 8
                    low = int(place) % 8
                    found[i, j, low] += share * (1 - (place - int(place)))
                    found[i, j, (low + 1) % 8] += share * (place - int(place))
    flat = found.reshape(-1)
    flat = np.minimum(flat / (np.linalg.norm(flat) + 0.3), 0.2)
    return np.sqrt(flat / np.linalg.norm(flat))
