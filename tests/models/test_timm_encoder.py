"""timm is optional and not among the developers' packages: a stand-in of its interface is used."""

import sys
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from torch import nn

from asdcfer.errors import MissingPackageError, RecipeError
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.own_encoder import register_encoder
from asdcfer.models.registry import ENCODERS, build_encoder
from asdcfer.models.timm_encoder import pretrained_encoder, timm_class
from asdcfer.models.weights import load_encoder, save_encoder


class Features(nn.Module):
    """What `timm.create_model(..., features_only=True)` gives: two maps, one with channels last."""

    pretrained_cfg: ClassVar = {
        "input_size": (3, 64, 64),
        "mean": (0.4, 0.5, 0.6),
        "std": (0.2, 0.2, 0.2),
    }

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(channels, 8, 3, 4, 1), nn.Conv2d(8, 16, 3, 2, 1)
        self.feature_info = SimpleNamespace(channels=lambda: [8, 16])

    def forward(self, x):
        first = self.first(x)
        return [first, self.second(first).permute(0, 2, 3, 1)]


@pytest.fixture
def timm(monkeypatch):
    asked = []

    def create_model(name, features_only, in_chans, pretrained=False, **arguments):
        asked.append((name, features_only, in_chans, pretrained, arguments))
        if name == "zebra":
            raise RuntimeError("Unknown model (zebra)\nand more")
        return Features(in_chans)

    monkeypatch.setitem(sys.modules, "timm", SimpleNamespace(create_model=create_model))
    yield asked
    ENCODERS.pop("timm/toy", None)


def test_an_architecture_is_an_encoder_that_is_saved_and_loaded(timm, tmp_path) -> None:
    assert register_encoder("timm/toy") == "timm/toy"
    spec = EncoderSpec(name="timm/toy", arguments={"img_size": 48}, pooling="stages")
    encoder = build_encoder(spec).eval()
    assert timm == [("toy", True, 1, False, {"img_size": 48})]
    x = torch.randn(2, 1, 48, 48)
    maps = encoder.forward_maps(x)
    assert [tuple(each.shape) for each in maps] == [(2, 8, 12, 12), (2, 16, 6, 6)]
    assert encoder(x).shape == (2, 24)
    again = load_encoder(save_encoder(tmp_path / "one", encoder))
    assert torch.equal(again(x), encoder(x))


def test_weights_of_timm_bring_their_preprocessing(timm) -> None:
    encoder = pretrained_encoder("timm/toy")
    assert timm == [("toy", True, 3, True, {})]
    wanted = encoder.preprocessing
    assert (wanted.size, wanted.channels, wanted.normalize) == (64, 3, "dataset")
    assert (wanted.mean, wanted.std) == (pytest.approx(0.5), pytest.approx(0.2))
    assert encoder(torch.zeros(2, 3, 64, 64)).shape == (2, 16)


def test_what_timm_does_not_know_is_one_line(timm) -> None:
    with pytest.raises(RecipeError, match=r"timm cannot make zebra: Unknown model \(zebra\)$"):
        timm_class("timm/zebra")()


def test_without_timm_the_way_to_get_it_is_said(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingPackageError, match="pip install timm"):
        timm_class("timm/resnet18")()


def test_a_timm_that_cannot_be_imported_is_one_line(tmp_path, monkeypatch) -> None:
    (tmp_path / "timm.py").write_text("raise RuntimeError('operator nms does not exist')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RecipeError, match="timm cannot be imported: operator nms"):
        timm_class("timm/resnet18")()
