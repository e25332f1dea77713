import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.errors import RecipeError
from asdcfer.models.facial_parts import PartPooling
from asdcfer.models.pooling import POOLINGS, build_pooling
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
