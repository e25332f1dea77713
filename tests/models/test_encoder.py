import pytest
import torch
from torch import nn

from asdcfer.errors import RecipeError, WeightsError
from asdcfer.models.encoder import CUSTOM, Encoder, EncoderSpec, wrap
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.models.weights import load_encoder, save_encoder


class TwoMaps(nn.Module):
    """A user's own network, which gives its maps in the way that is asked for."""

    def __init__(self, give=list):
        super().__init__()
        self.give = give
        self.first = nn.Sequential(nn.Conv2d(1, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.ReLU())
        self.second = nn.Conv2d(6, 10, 3, 2, 1)

    def forward(self, x):
        shallow = self.first(x)
        deep = self.second(shallow)
        return (
            {"shallow": shallow, "deep": deep}
            if self.give is dict
            else deep
            if self.give is torch.Tensor
            else self.give([shallow, deep])
        )


@pytest.mark.parametrize("give", [list, tuple, dict])
def test_a_module_that_gives_maps_becomes_an_encoder(give):
    encoder = wrap(TwoMaps(give), [6, 10], pooling="stages")
    x = torch.randn(3, 1, 48, 48)
    assert [tuple(m.shape) for m in encoder.forward_maps(x)] == [(3, 6, 24, 24), (3, 10, 12, 12)]
    assert encoder(x).shape == (3, encoder.feature_dim) == (3, 16)


def test_a_module_that_gives_one_map_becomes_an_encoder():
    assert wrap(TwoMaps(torch.Tensor)).map_channels == [10]


def test_wrapping_leaves_statistics_modes_and_weights_alone():
    module = TwoMaps().train()
    module.second.eval()
    before = {n: t.clone() for n, t in module.state_dict().items()}
    encoder = wrap(module)
    assert all(torch.equal(t, before[n]) for n, t in module.state_dict().items())
    assert module.first.training
    assert not module.second.training
    assert encoder.module is module


def test_a_subclass_of_one_s_own_follows_the_contract():
    class Mine(Encoder):
        def __init__(self):
            super().__init__()
            self.map_channels = [32]
            self.convolution = nn.Conv2d(1, 32, 3, 2, 1)
            self.follow(EncoderSpec(name=CUSTOM, pooling="grid", pooling_arguments={"cells": 2}))

        def forward_maps(self, x):
            return [self.convolution(x)]

    assert Mine()(torch.zeros(2, 1, 48, 48)).shape == (2, 128)


def test_it_is_saved_and_loaded_into_a_network_of_the_same_making(tmp_path):
    encoder = wrap(TwoMaps()).eval()
    path = save_encoder(tmp_path / "mine", encoder, {})
    loaded = load_encoder(path, into=wrap(TwoMaps()))
    x = torch.randn(2, 1, 48, 48)
    assert torch.equal(loaded(x), encoder(x))
    with pytest.raises(WeightsError, match="into="):
        load_encoder(path)
    with pytest.raises(WeightsError, match="size=32"):
        load_encoder(path, into=wrap(TwoMaps(), preprocessing=Preprocessing(size=32)))


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Flatten(), nn.Linear(2304, 7)),
        nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    ],
)
def test_a_module_that_gives_no_maps_is_refused(module):
    with pytest.raises(ValueError, match="classifier off"):
        wrap(module)


def test_wrong_channels_and_poolings_are_refused():
    with pytest.raises(ValueError, match=r"\[6, 10\]"):
        wrap(TwoMaps(), [6, 12])
    with pytest.raises(RecipeError, match="has 2"):
        wrap(TwoMaps(), pooling="global", map=2)


def test_a_spec_goes_through_json():
    spec = EncoderSpec(
        name="mobile",
        arguments={"width": 0.5},
        pooling="parts",
        pooling_arguments={"maps": [1, -1]},
        preprocessing=Preprocessing(size=40),
    )
    assert EncoderSpec.model_validate_json(spec.model_dump_json()) == spec
