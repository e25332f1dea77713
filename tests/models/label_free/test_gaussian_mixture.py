"""The mixture of Gaussians."""

import torch

from asdcfer.models.label_free.gaussian_mixture import fit_gaussian_mixture, log_densities


def test_expectation_and_maximization_never_lowers_the_likelihood() -> None:
    points = torch.cat(
        [
            torch.randn(300, 3, generator=torch.Generator().manual_seed(i)) * (i + 1) + 3 * i
            for i in range(3)
        ]
    )
    values = []
    for rounds in (1, 3, 10, 30):
        m = fit_gaussian_mixture(points, 3, rounds, torch.Generator().manual_seed(0))
        values.append(
            log_densities(points, m.weight, m.mean, m.variance).logsumexp(1).mean().item()
        )
    assert values == sorted(values)
