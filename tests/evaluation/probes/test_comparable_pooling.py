import pytest
from torch import nn

from asdcfer.data.sample import sample_pack
from asdcfer.evaluation.probes.comparable_pooling import grid_pooling, has_small_map
from asdcfer.models.encoder import EncoderSpec, wrap
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.registry import build_encoder, pooled_by


@pytest.mark.parametrize("width", [8, 32, 64, 128])
def test_the_grid_is_the_finest_that_a_headline_allows(width) -> None:
    spec = EncoderSpec(name="resnet18", arguments={"width": width})
    encoder = build_encoder(spec)
    chosen = grid_pooling(encoder)
    dims = pooled_by(encoder, chosen.pooling, **chosen.arguments).feature_dim
    assert dims <= 8192
    finest = width * (4 * 16 + 8 * 9)
    assert dims == finest if finest <= 8192 else dims < finest


def test_an_encoder_of_one_map_has_a_grid_over_that_one() -> None:
    encoder = wrap(nn.Conv2d(1, 8, 3, 4, 1), preprocessing=Preprocessing(size=32))
    assert grid_pooling(encoder).arguments == {"maps": [0], "cells": [3]}
    assert has_small_map(encoder)
    assert not has_small_map(wrap(nn.Conv2d(1, 9, 3, 1, 1)))


def test_an_encoder_whose_feature_is_not_made_of_maps_keeps_its_own() -> None:
    arguments = {"components": 2, "directions": 4, "dims": 8}
    encoder = build_encoder(EncoderSpec(name="fisher", arguments=arguments))
    encoder.fit(sample_pack().images[:40])
    assert grid_pooling(encoder) is None
    assert not has_small_map(encoder)
