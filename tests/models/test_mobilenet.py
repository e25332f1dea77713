"""The light encoder."""

import pytest

from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.mobilenet import round_channels
from asdcfer.models.registry import build_encoder


@pytest.mark.parametrize("width", [1.0, 1.75])
def test_mobile_is_light(width):
    encoder = build_encoder(
        EncoderSpec(name="mobile", arguments={"width": width, "attention": "both"})
    )
    assert sum(p.numel() for p in encoder.parameters()) <= 2.5e6


@pytest.mark.parametrize(("channels", "multiple"), [(3, 8), (12, 16), (36.5, 40), (191, 192)])
def test_channels_are_multiples_of_eight(channels, multiple):
    assert round_channels(channels) == multiple
