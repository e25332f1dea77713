"""The small transformer: maps at any side, positions, saved and loaded to the same answers."""

import pytest
import torch

from asdcfer.errors import RecipeError
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder
from asdcfer.models.vit import VisionTransformer, positions
from asdcfer.models.weights import load_encoder, save_encoder

SPEC = EncoderSpec(
    name="vit",
    arguments={"dim": 16, "depth": 4, "heads": 2},
    pooling="grid",
    pooling_arguments={"map": -1, "cells": 4},
)


@pytest.mark.parametrize(("side", "cells"), [(48, 8), (32, 6), (40, 7), (64, 11)])
def test_four_maps_at_any_side(side, cells):
    encoder = VisionTransformer(dim=16, depth=8, heads=2)
    maps = encoder.forward_maps(torch.randn(2, 1, side, side))
    assert [tuple(m.shape) for m in maps] == [(2, 16, cells, cells)] * 4
    assert encoder.map_channels == [16] * 4


def test_moving_a_face_by_a_patch_changes_the_feature_and_a_batch_is_its_images():
    torch.manual_seed(0)
    encoder, x = build_encoder(SPEC).eval(), torch.randn(3, 1, 48, 48)
    feature = encoder(x)
    assert feature.shape == (3, 256)
    each = torch.cat([encoder(one[None]) for one in x])
    torch.testing.assert_close(feature, each, atol=1e-5, rtol=1e-4)
    moved = encoder.forward_maps(x.roll(6, 3))[-1]
    assert not torch.allclose(moved.roll(-1, 3), encoder.forward_maps(x)[-1], atol=1e-2)


def test_positions_tell_rows_from_columns_and_all_places_apart():
    where = positions(5, 7, 16, torch.zeros(1))
    assert where.shape == (35, 16)
    apart = torch.cdist(where, where) + 9 * torch.eye(35)
    assert apart.min() > 0.1
    rows, columns = where[:, :8].view(5, 7, 8), where[:, 8:].view(5, 7, 8)
    assert torch.equal(rows, rows[:, :1].expand_as(rows))
    assert torch.equal(columns, columns[:1].expand_as(columns))


def test_every_parameter_learns_and_is_in_one_block():
    encoder = build_encoder(SPEC)
    encoder(torch.randn(2, 1, 48, 48)).square().sum().backward()
    assert [name for name, p in encoder.named_parameters() if p.grad is None] == []
    sizes = [sum(p.numel() for p in block) for block in encoder.blocks()]
    assert sum(sizes) == sum(p.numel() for p in encoder.parameters())
    assert len(sizes) == 6


def test_saved_and_loaded_it_answers_to_the_same_bits(tmp_path):
    encoder, x = build_encoder(SPEC).eval(), torch.randn(2, 1, 48, 48)
    loaded = load_encoder(save_encoder(tmp_path / "vit", encoder, {}))
    assert torch.equal(loaded(x), encoder(x))


@pytest.mark.parametrize(
    "arguments", [{"dim": 18}, {"dim": 16, "heads": 3}, {"depth": 6}, {"depth": 0}]
)
def test_impossible_arguments_are_refused_in_one_line(arguments):
    with pytest.raises(RecipeError, match="multiple of"):
        build_encoder(EncoderSpec(name="vit", arguments=arguments))
