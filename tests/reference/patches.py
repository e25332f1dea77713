"""K-means patch features one patch at a time (float64), as described by Coates and Ng 2011."""

import numpy as np


def patch_features(
    image: np.ndarray,
    mean: np.ndarray,
    whiten: np.ndarray,
    centroids: np.ndarray,
    patch: int,
    cells: int,
    threshold: float,
    floor: float,
) -> np.ndarray:
    """One normalized image (C,S,S) -> (2 centroids, cells, cells)."""
    side = image.shape[-1] - patch + 1
    responses = np.zeros((2 * len(centroids), side, side))
    for i in range(side):
        for j in range(side):
            p = image[:, i : i + patch, j : j + patch].reshape(-1)
            u = (p - p.mean()) / np.sqrt(p.var() + floor)
            z = centroids @ (whiten @ (u - mean))
            responses[:, i, j] = np.concatenate(
                [np.maximum(0, z - threshold), np.maximum(0, -z - threshold)]
            )
    out = np.zeros((len(responses), cells, cells))
    for i in range(cells):
        for j in range(cells):
            rows = slice(i * side // cells, -(-(i + 1) * side // cells))
            columns = slice(j * side // cells, -(-(j + 1) * side // cells))
            out[:, i, j] = responses[:, rows, columns].mean((1, 2))
    return out


def zca(patches: np.ndarray, whitening: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and whitening matrix of normalized patches (N,D): `V (E + whitening)^-1/2 V^T`."""
    mean = patches.mean(0)
    covariance = np.zeros((patches.shape[1],) * 2)
    for p in patches:
        covariance += np.outer(p - mean, p - mean) / len(patches)
    values, vectors = np.linalg.eigh(covariance)
    return mean, vectors @ np.diag((np.maximum(values, 0) + whitening) ** -0.5) @ vectors.T


def spherical_kmeans_round(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """One damped round of spherical k-means, a point at a time."""
    sums = centroids.copy()
    for p in points:
        projections = centroids @ p
        owner = np.abs(projections).argmax()
        sums[owner] += projections[owner] * p
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)
