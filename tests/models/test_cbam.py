import numpy as np
import pytest
import torch

from asdcfer.models.cbam import ChannelAttention, SpatialAttention, attention
from tests.reference.pooling import channel_gate, spatial_gate


def test_channel_attention_equals_the_slow_reference():
    gate, x = (
        ChannelAttention(12, reduction=3).double(),
        torch.randn(3, 12, 5, 4, dtype=torch.float64),
    )
    first, second = gate.mlp[0], gate.mlp[2]
    due = channel_gate(
        x.numpy(),
        *(p.detach().numpy() for p in (first.weight, first.bias, second.weight, second.bias)),
    )
    np.testing.assert_allclose(gate(x).detach().numpy(), due, atol=1e-12)


def test_spatial_attention_equals_the_slow_reference():
    gate, x = SpatialAttention(5).double(), torch.randn(2, 6, 4, 5, dtype=torch.float64)
    due = spatial_gate(x.numpy(), gate.conv.weight[0].detach().numpy(), gate.conv.bias.item())
    np.testing.assert_allclose(gate(x).detach().numpy(), due, atol=1e-12)


def test_both_gates_channels_first():
    both, x = attention("both", 8), torch.randn(2, 8, 6, 6)
    torch.testing.assert_close(both(x), both[1](both[0](x)))
    assert isinstance(both[0], ChannelAttention)


def test_gates_only_ever_weaken():
    x = torch.randn(2, 8, 6, 6)
    for kind in ("channel", "spatial", "both"):
        assert (attention(kind, 8)(x).abs() <= x.abs()).all()


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="both"):
        attention("cbam", 8)
