"""Attention-pooled parts of a face, against slow references."""

import numpy as np
import pytest
import torch

from asdcfer.models.facial_parts import LAYOUT, PartPooling
from tests.reference import pooling as reference

CHANNELS = [3, 5, 8]


def some_maps(batch: int = 2, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(batch, c, side, side, generator=generator, dtype=torch.float64)
        for c, side in zip(CHANNELS, (12, 6, 3), strict=True)
    ]


@pytest.mark.parametrize("sharpness", [0.0, 1.0, 4.0])
def test_layout_parts_equal_the_slow_reference(sharpness):
    maps = some_maps()
    got = PartPooling(CHANNELS, maps=[0], sharpness=sharpness).double()(maps)
    np.testing.assert_allclose(
        got.numpy(), reference.layout_parts(maps[0].numpy(), LAYOUT, sharpness), atol=1e-5
    )


def test_learnt_parts_equal_the_slow_reference():
    maps = some_maps()
    pooling = PartPooling(CHANNELS, maps=[1], parts="learned", queries=4, temperature=0.3).double()
    due = reference.learnt_parts(maps[1].numpy(), pooling.queries[0].detach().numpy(), 0.3)
    np.testing.assert_allclose(pooling(maps).detach().numpy(), due, atol=1e-5)


def test_attention_maps_sum_to_one_and_come_in_the_order_of_the_names():
    pooling = PartPooling(CHANNELS, maps=[0, 1], parts="both", queries=2, sharpness=0.0)
    maps = [m.float() for m in some_maps()]
    first, second = pooling.attention_maps(maps)
    assert first.shape == (2, len(LAYOUT) + 2, 12, 12)
    assert second.shape == (2, len(LAYOUT) + 2, 6, 6)
    torch.testing.assert_close(first.sum((2, 3)), torch.ones(2, len(LAYOUT) + 2))
    for name, (x, y, _, _) in LAYOUT.items():
        peak = first[0, pooling.names.index(name)].argmax().item()
        assert abs((peak // 12 + 0.5) / 12 - y) <= 0.5 / 12 + 1e-6, name
        assert abs((peak % 12 + 0.5) / 12 - x) <= 0.5 / 12 + 1e-6, name


def test_a_part_sees_its_own_place_and_little_of_the_others():
    # A bump at the mouth moves the mouth's feature most: this is what a global mean cannot say.
    pooling = PartPooling([1], maps=[0], sharpness=0.0)
    blank, bump = torch.ones(1, 1, 12, 12), torch.ones(1, 1, 12, 12)
    bump[..., 9, 5:7] += 1
    moved = (pooling([bump]) - pooling([blank]))[0]
    assert pooling.names[moved.argmax()] == "mouth"
    assert moved[pooling.names.index("left eye")] < 0.01 * moved.max()


def test_the_layout_is_the_same_mirrored():
    # A flipped face is the same face: left and right parts must mirror each other.
    mirrored = {(round(1 - x, 3), y, sx, sy) for x, y, sx, sy in LAYOUT.values()}
    own = {(round(x, 3), y, sx, sy) for x, y, sx, sy in LAYOUT.values()}
    assert {m[1:] for m in mirrored} == {o[1:] for o in own}
    assert max(min(abs(m[0] - o[0]) for o in own if o[1:] == m[1:]) for m in mirrored) <= 0.011


def test_the_brightness_of_a_map_does_not_move_attention():
    maps = [m.float() for m in some_maps()]
    pooling = PartPooling(CHANNELS, maps=[0], parts="both")
    torch.testing.assert_close(
        pooling.attention_maps(maps)[0],
        pooling.attention_maps([m * 50 for m in maps])[0],
        atol=1e-5,
        rtol=1e-4,
    )


def test_a_map_of_zeros_gives_no_nan():
    zeros = [torch.zeros(1, c, 6, 6, requires_grad=True) for c in CHANNELS]
    feature = PartPooling(CHANNELS, parts="both")(zeros)
    feature.sum().backward()
    assert feature.isfinite().all()
    assert all(z.grad is None or z.grad.isfinite().all() for z in zeros)
