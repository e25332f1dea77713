"""Propagation: soft labels smoothed along the nearest neighbors of frozen features."""

import torch
import torch.nn.functional as F
from torch import Tensor

from asdcfer.evaluation.probes.knn import nearest

SAMPLE = 2048


def propagate_labels(
    start: Tensor,
    features: Tensor,
    neighbors: int = 10,
    share: float = 0.3,
    temperature: float = 0.1,
    iterations: int = 30,
) -> Tensor:
    """Return labels that are alike where faces are alike.

    `Y <- (1 - share) Y_0 + share P Y`, again and again.
    P holds in each row the weights `exp(cos / T)` of the face's nearest neighbors, scaled to sum
    1; the face itself is none of them.

    Args:
        start: (N,C), Y_0, rows sum to 1: one-hot for a labeled face, a guess for another.
        features: (N,D), frozen.
        neighbors: of each face.
        share: that comes from the neighbors, in 0..1.
        temperature: T of the cosines.
        iterations: of the rule; what is left out is below share^iterations.

    Source: Zhou et al., Learning with local and global consistency, NeurIPS 2003, eq. 4; with a
        classifier's guesses at the start, Huang et al., Correct and Smooth, ICLR 2021. NOTE: our
        reading: the rows of P are scaled, and not both sides.

    Example:
        >>> faces = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
        >>> known = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.5, 0.5]])
        >>> propagate_labels(known, faces, neighbors=1).argmax(1).tolist()
        [0, 0, 1, 1]
    """
    cosines, indices = nearest(features, features, neighbors + 1)
    # Among exact duplicates a face may not be its own first neighbor, so it is found by its
    # number.
    alone = indices == torch.arange(len(features), device=indices.device)[:, None]
    alone[~alone.any(1), -1] = True
    weights = (cosines / temperature).masked_fill(alone, -torch.inf).softmax(1).to(start.dtype)
    labels = start
    for _ in range(iterations):
        labels = (1 - share) * start + share * torch.einsum("nk,nkc->nc", weights, labels[indices])
    return labels


def principal(sample: Tensor, dims: int) -> tuple[Tensor, Tensor]:
    """Return the mean (D,) and the first principal directions (D, dims) of features.

    Args:
        sample: (N,D).
        dims: at most N and D are given.
    """
    mean = sample.mean(0)
    centered = sample - mean
    few = min(dims, *centered.shape)
    if centered.shape[0] >= centered.shape[1]:
        return mean, torch.linalg.eigh((centered.T @ centered).double()).eigenvectors[:, -few:].to(
            sample.dtype
        )
    vectors = (
        torch.linalg.eigh((centered @ centered.T).double()).eigenvectors[:, -few:].to(sample.dtype)
    )
    return mean, F.normalize(centered.T @ vectors, dim=0)
