import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.errors import RecipeError
from asdcfer.models.encoder import EncoderSpec, wrap
from asdcfer.models.facial_parts import LAYOUT, PartPooling
from asdcfer.models.pooling import POOLINGS, build_pooling
from asdcfer.models.registry import build_encoder, pooled_by
from tests.reference import pooling as reference

CHANNELS = [3, 5, 8]


def some_maps(batch: int = 2, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(batch, c, side, side, generator=generator, dtype=torch.float64)
        for c, side in zip(CHANNELS, (12, 6, 3), strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_pooling_can_use_any_of_the_maps_and_gives_the_promised_width(data):
    name = data.draw(st.sampled_from(sorted(POOLINGS)))
    index = st.integers(-3, 2)
    several = st.lists(index, min_size=1, max_size=4)
    arguments = {
        "global": lambda: {"map": data.draw(index)},
        "stages": lambda: data.draw(
            st.one_of(st.builds(dict, n=st.integers(1, 3)), st.builds(dict, maps=several))
        ),
        "grid": lambda: (
            {"cells": data.draw(st.integers(1, 7))}
            | data.draw(st.one_of(st.builds(dict, map=index), st.builds(dict, maps=several)))
        ),
        "parts": lambda: data.draw(
            st.builds(
                dict,
                maps=several,
                parts=st.sampled_from(["layout", "learned", "both"]),
                queries=st.integers(1, 5),
                whole=st.booleans(),
            )
        ),
    }[name]()
    pooling = build_pooling(name, CHANNELS, arguments).double()
    assert pooling([*some_maps()]).shape == (2, pooling.feature_dim)


def test_global_and_stages_are_means():
    maps = some_maps()
    means = [m.mean((2, 3)) for m in maps]
    torch.testing.assert_close(build_pooling("global", CHANNELS)(maps), means[2])
    torch.testing.assert_close(build_pooling("global", CHANNELS, {"map": 0})(maps), means[0])
    torch.testing.assert_close(
        build_pooling("stages", CHANNELS, {"n": 2})(maps), torch.cat(means[1:], 1)
    )
    torch.testing.assert_close(
        build_pooling("stages", CHANNELS, {"maps": [2, 0]})(maps),
        torch.cat([means[2], means[0]], 1),
    )


def test_unit_scales_each_piece_and_nothing_else():
    maps = [m.float() for m in some_maps()]
    plain, unit = (
        PartPooling(CHANNELS, maps=[1], whole=True, unit=u)(maps).unflatten(1, (-1, 5))
        for u in (False, True)
    )
    torch.testing.assert_close(unit, plain / plain.norm(dim=2, keepdim=True))
    plain, unit = (build_pooling("stages", CHANNELS, {"unit": u})(maps) for u in (False, True))
    torch.testing.assert_close(unit[:, :5], plain[:, :5] / plain[:, :5].norm(dim=1, keepdim=True))
    torch.testing.assert_close(unit.norm(dim=1), torch.full((2,), 2**0.5))


@pytest.mark.parametrize("cells", [1, 2, 3, 4, 5, 6, 7])
def test_grid_equals_the_slow_reference(cells):
    maps = some_maps()
    got = build_pooling("grid", CHANNELS, {"map": 1, "cells": cells})(maps)
    np.testing.assert_allclose(got.numpy(), reference.grid(maps[1].numpy(), cells), atol=1e-12)


def test_each_map_of_a_grid_can_have_its_own_cells():
    maps = some_maps()
    got = build_pooling("grid", CHANNELS, {"maps": [2, 0], "cells": [1, 5]})(maps)
    due = np.concatenate(
        [reference.grid(maps[2].numpy(), 1), reference.grid(maps[0].numpy(), 5)], 1
    )
    np.testing.assert_allclose(got.numpy(), due, atol=1e-12)
    with pytest.raises(RecipeError, match="each of the 2 maps"):
        build_pooling("grid", CHANNELS, {"maps": [2, 0], "cells": [1, 5, 2]})


def test_a_grid_of_the_map_s_own_side_is_the_map():
    maps = some_maps()
    assert torch.equal(
        build_pooling("grid", CHANNELS, {"map": 1, "cells": 6})(maps), maps[1].flatten(1)
    )


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


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("mean", {}, "stages"),
        ("global", {"map": 3}, "has 3"),
        ("stages", {"n": 4}, "n must"),
        ("grid", {"cells": 0}, "cells"),
        ("parts", {"parts": "eyes"}, "layout"),
        ("parts", {"temperature": 0}, "temperature"),
        ("parts", {"maps": []}, "one map"),
    ],
)
def test_impossible_poolings_say_what_is_wrong(name, arguments, said):
    with pytest.raises(RecipeError, match=said):
        build_pooling(name, CHANNELS, arguments)


def test_pooled_by_takes_an_encoder_without_buffers():
    assert pooled_by(wrap(torch.nn.Conv2d(1, 4, 3)), "grid", cells=2)(
        torch.zeros(1, 1, 48, 48)
    ).shape == (1, 16)


def test_pooled_by_shares_weights_and_leaves_the_first_alone():
    encoder = build_encoder(
        EncoderSpec(name="resnet18", arguments={"width": 4, "stem": "stride2"})
    ).eval()
    other = pooled_by(encoder, "parts", maps=[2], parts="both")
    x = torch.randn(2, 1, 48, 48)
    assert other.stem.weight is encoder.stem.weight
    assert (encoder.spec.pooling, other.spec.pooling) == ("global", "parts")
    assert encoder(x).shape == (2, 32)
    assert other(x).shape == (2, other.feature_dim)
    assert not other.training
    rebuilt = build_encoder(other.spec)
    rebuilt.load_state_dict(other.state_dict())
    torch.testing.assert_close(rebuilt.eval()(x), other(x))
