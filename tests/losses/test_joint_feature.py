"""The joint feature and its distances, against loops."""

import torch

from asdcfer.losses.attention import channel_attention, spatial_attention
from asdcfer.losses.joint_feature import (
    joint_feature,
    joint_feature_distance,
    unit_positions,
    weighted_map_distance,
)
from tests.factories import rand
from tests.losses.pair_loss import PairLoss, close
from tests.reference import losses as slow


class TestWeightedMapDistance(PairLoss):
    shape = (3, 6, 4, 5)

    def loss(self, s, t):
        return weighted_map_distance(s, t, spatial_attention(t), channel_attention(t))

    def loop(self, s, t):
        return slow.weighted_map_distance(
            s, t, slow.spatial_attention(t, 0.5), slow.channel_attention(t, 0.5)
        )


class TestJointFeatureDistance(PairLoss):
    shape = (3, 7)

    def loss(self, s, t):
        return joint_feature_distance(s, t)

    def loop(self, s, t):
        return slow.squared_distance(s, t)


def test_joint_feature_equals_the_loop_and_has_two_unit_halves():
    maps, query = rand(3, 6, 4, 5), rand(3, 8, seed=1)
    joint = joint_feature(maps, spatial_attention(maps), query)
    close(
        joint,
        slow.joint_feature(
            maps.tolist(), slow.spatial_attention(maps.tolist(), 0.5), query.tolist()
        ),
    )
    assert torch.allclose(joint[:, :6].norm(dim=1), torch.ones(3, dtype=torch.float64))
    assert torch.allclose(joint[:, 6:].norm(dim=1), torch.ones(3, dtype=torch.float64))


def test_attention_weights_the_map_distance_where_the_teacher_looks():
    t = torch.ones(1, 2, 2, 2)
    t[0, :, 0, 0] = 9.0
    s_wrong_there, s_wrong_elsewhere = t.clone(), t.clone()
    s_wrong_there[0, 0, 0, 0] *= -1
    s_wrong_elsewhere[0, 0, 1, 1] *= -1
    distance = [
        weighted_map_distance(s, t, spatial_attention(t), channel_attention(t)).item()
        for s in (s_wrong_there, s_wrong_elsewhere)
    ]
    assert distance[0] > 100 * distance[1] > 0


def test_positions_are_made_unit():
    assert torch.allclose(
        unit_positions(rand(2, 5, 3, 3)).norm(dim=1), torch.ones(2, 3, 3, dtype=torch.float64)
    )


def test_the_joint_feature_on_a_grid_pools_each_cell_by_itself():
    torch.manual_seed(0)
    maps, spatial, query = torch.randn(2, 3, 4, 4), torch.rand(2, 4, 4), torch.randn(2, 5)
    found = joint_feature(maps, spatial, query, cells=2)
    weighted = maps * spatial[:, None]
    cells = [weighted[:, :, y : y + 2, x : x + 2].mean((2, 3)) for y in (0, 2) for x in (0, 2)]
    pooled = torch.stack(cells, dim=2).flatten(1)
    expected = [torch.nn.functional.normalize(part, dim=1) for part in (pooled, query)]
    torch.testing.assert_close(found, torch.cat(expected, dim=1))
