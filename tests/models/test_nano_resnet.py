"""The smallest encoder: few parameters, every stage in the feature's reach, refused arguments."""

import pytest
import torch

from asdcfer.errors import RecipeError
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.nano_resnet import NanoResNet
from asdcfer.models.registry import build_encoder


def test_it_stays_small_with_its_classifiers():
    spec = EncoderSpec(
        name="nano_resnet",
        pooling="grid",
        pooling_arguments={"maps": [0, 1, 2], "cells": [4, 3, 3]},
    )
    encoder = build_encoder(spec)
    heads = (7 + 8) * (encoder.feature_dim + 1)
    assert sum(p.numel() for p in encoder.parameters()) + heads <= 300_000


@pytest.mark.parametrize("side", [32, 40, 48, 64])
def test_each_stage_halves_the_side(side):
    maps = NanoResNet(widths=(8, 16), depths=(1, 3)).forward_maps(torch.zeros(1, 1, side, side))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (8, side // 4, side // 4),
        (16, side // 8, side // 8),
    ]


def test_blocks_are_in_the_order_of_computation():
    encoder = build_encoder(EncoderSpec(name="nano_resnet"))
    sizes = [sum(p.numel() for p in block) for block in encoder.blocks()]
    assert sum(sizes) == sum(p.numel() for p in encoder.parameters())
    assert len(sizes) == 5


@pytest.mark.parametrize(
    "arguments",
    [{"widths": []}, {"widths": [16, 32]}, {"depths": [1, 0, 1]}, {"stem": 0}, {"width": 8}],
)
def test_impossible_arguments_are_refused_in_one_line(arguments):
    with pytest.raises(RecipeError, match="nano_resnet"):
        build_encoder(EncoderSpec(name="nano_resnet", arguments=arguments))
