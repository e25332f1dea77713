"""Pooling under a map's own attention."""

import torch
from torch import nn

from asdcfer.methods.attention_pooling import AttentionHead, attention_pooled
from tests.factories import rand
from tests.losses.pair_loss import close
from tests.reference import losses as slow


def test_it_equals_the_loop():
    maps = rand(2, 3, 2, 2)
    weights = slow.spatial_attention(maps.tolist(), 0.5)
    expected = [
        [
            sum(weights[b][y][x] * float(maps[b, c, y, x]) for y in range(2) for x in range(2)) / 4
            for c in range(3)
        ]
        for b in range(2)
    ]
    close(attention_pooled(maps), expected)


def test_a_high_temperature_comes_to_the_plain_mean_and_a_low_one_to_the_strongest_place():
    maps = rand(2, 3, 4, 4)
    assert torch.allclose(attention_pooled(maps, 1e6), maps.mean((2, 3)), atol=1e-5)
    maps[0, :, 1, 2] = 20.0
    assert torch.allclose(attention_pooled(maps, 0.5)[0], maps[0, :, 1, 2], atol=1e-3)


def test_the_head_projects_the_map_it_names():
    maps = [rand(2, 3, 4, 4).float(), rand(2, 5, 2, 2).float()]
    assert AttentionHead(nn.Linear(5, 2))(maps).shape == (2, 2)
    assert AttentionHead(nn.Linear(3, 2), map=0)(maps).shape == (2, 2)
