"""Labels propagated along neighbors, against the equation that they solve."""

import numpy as np
import pytest
import torch

from asdcfer.training.finetune.label_propagation import principal, propagate_labels


def test_propagation_follows_the_solved_equation() -> None:
    # Cosines are computed in float32.
    rng = np.random.default_rng(1)
    features, start = rng.normal(size=(12, 4)), rng.dirichlet(np.ones(3), 12)
    features[3], start[3] = (
        features[8],
        start[8],
    )  # exact duplicates, so that either may be the third neighbor of another
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    walk = np.zeros((12, 12))
    for i in range(12):
        cosines = unit @ unit[i]
        cosines[i] = -np.inf
        near = np.argsort(-cosines)[:3]
        walk[i, near] = np.exp(cosines[near] / 0.1)
        walk[i] /= walk[i].sum()
    solved = 0.4 * np.linalg.solve(np.eye(12) - 0.6 * walk, start)
    found = propagate_labels(
        torch.from_numpy(start), torch.from_numpy(features), neighbors=3, share=0.6, iterations=60
    )
    assert np.allclose(found.numpy(), solved, atol=1e-4)
    assert np.allclose(found.sum(1), 1)


@pytest.mark.parametrize("shape", [(20, 6), (6, 20)])
def test_principal_directions_keep_what_they_can(shape) -> None:
    x = torch.from_numpy(np.random.default_rng(2).normal(size=shape) * np.arange(1, shape[1] + 1))
    mean, directions = principal(x, 3)
    assert directions.shape == (shape[1], 3)
    assert torch.allclose(directions.T @ directions, torch.eye(3, dtype=x.dtype), atol=1e-6)
    values = torch.linalg.svdvals(x - mean)
    assert torch.allclose((((x - mean) @ directions) ** 2).sum(), (values[:3] ** 2).sum())
