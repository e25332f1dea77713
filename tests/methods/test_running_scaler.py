"""The running scaler against the statistics of all data."""

import torch

from asdcfer.methods.running_scaler import RunningScaler


def test_the_standardizer_equals_the_statistics_of_all_data():
    data = (
        torch.randn(60, 5, 3, 3, generator=torch.Generator().manual_seed(0))
        * torch.arange(1.0, 6.0).view(1, 5, 1, 1)
        + 7
    )
    scaler = RunningScaler(5)
    for part in data.split([1, 30, 20, 9]):
        scaler.observe(part)
    torch.testing.assert_close(scaler.mean.float(), data.mean((0, 2, 3)))
    torch.testing.assert_close(scaler.variance.float(), data.var((0, 2, 3), correction=0))
    out = scaler(data)
    torch.testing.assert_close(out.mean((0, 2, 3)), torch.zeros(5), atol=1e-4, rtol=0)
    assert RunningScaler(2)(torch.zeros(1, 2)).isfinite().all()
