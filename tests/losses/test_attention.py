"""Attention of a map, against loops."""

import pytest
import torch

from asdcfer.losses.attention import channel_attention, spatial_attention
from tests.factories import rand
from tests.losses.pair_loss import close
from tests.reference import losses as slow


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_attention_equals_the_loop_and_has_mean_one(temperature):
    maps = rand(3, 6, 4, 5)
    spatial, channel = spatial_attention(maps, temperature), channel_attention(maps, temperature)
    close(spatial, slow.spatial_attention(maps.tolist(), temperature))
    close(channel, slow.channel_attention(maps.tolist(), temperature))
    assert torch.allclose(spatial.mean((1, 2)), torch.ones(3, dtype=torch.float64))
    assert torch.allclose(channel.mean(1), torch.ones(3, dtype=torch.float64))
