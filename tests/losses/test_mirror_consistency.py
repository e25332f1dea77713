"""Mirror consistency against a loop, and what it asks of a map."""

import pytest
import torch

from asdcfer.losses.mirror_consistency import half_means, mirror_distance
from tests.factories import rand
from tests.losses.pair_loss import PairLoss
from tests.reference import losses as slow


def turned(face, mirror):
    """The loss as one of pairs: the second map is turned back first."""
    return mirror_distance(face, mirror.flip(3))


class TestMirrorDistance(PairLoss):
    loss = staticmethod(turned)
    loop = staticmethod(
        lambda face, mirror: slow.mirror_distance(
            face, torch.tensor(mirror, dtype=torch.float64).flip(3).tolist()
        )
    )
    shape = (3, 4, 2, 3)


def test_a_symmetric_map_is_its_own_mirror_and_length_does_not_matter():
    half = rand(2, 3, 4, 2)
    symmetric = torch.cat([half, half.flip(3)], dim=3)
    assert mirror_distance(symmetric, symmetric).item() == pytest.approx(0, abs=1e-12)
    one, other = rand(2, 3, 4, 4), rand(2, 3, 4, 4, seed=1)
    assert mirror_distance(5 * one, other).item() == pytest.approx(
        mirror_distance(one, other).item(), rel=1e-9
    )


def test_halves_change_places_in_the_mirror():
    maps = rand(2, 3, 4, 6)
    assert torch.allclose(half_means(maps.flip(3)), half_means(maps).flip(1))
    left = maps[..., :3].mean((2, 3))
    assert torch.allclose(half_means(maps)[:, 0], left)
    odd = rand(1, 2, 2, 3)
    assert torch.allclose(half_means(odd)[:, 1], odd[..., 1:].mean((2, 3)))
