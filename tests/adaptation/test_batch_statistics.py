"""Batch statistics taken anew, against means and variances computed in one piece."""

import numpy as np
import torch
from torch import nn

from asdcfer.adaptation.batch_statistics import PRIOR, refreshed_encoder
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.registry import build_encoder
from tests.evaluation.standin import toy_encoder, toy_pack


def norms(encoder):
    return [m for m in encoder.modules() if isinstance(m, nn.BatchNorm2d)]


def test_the_first_layer_gets_mean_and_variance_of_all_faces(tmp_path, monkeypatch):
    monkeypatch.setattr("asdcfer.adaptation.batch_statistics.BATCH", 7)
    pack, encoder = toy_pack(tmp_path / "pack", {"train": 40}), toy_encoder()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    found = refreshed_encoder(encoder, pack, np.arange(40))
    seen = []
    norms(encoder)[0].register_forward_pre_hook(lambda m, x: seen.append(x[0]))
    with torch.no_grad():
        encoder(encoder.preprocessing.batch(np.asarray(pack.images[:40])))
    x = seen[0].double()
    share = 40 / (40 + PRIOR)
    old, new = norms(encoder)[0], norms(found)[0]
    mean = share * x.mean((0, 2, 3)) + (1 - share) * old.running_mean
    variance = share * x.var((0, 2, 3), unbiased=False) + (1 - share) * old.running_var
    torch.testing.assert_close(new.running_mean.double(), mean, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(new.running_var.double(), variance, atol=1e-5, rtol=1e-4)
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert not found.training
    assert all(m.momentum == o.momentum for m, o in zip(norms(found), norms(encoder), strict=True))


def test_dark_faces_give_the_answers_of_bright_ones_back(tmp_path, monkeypatch):
    """Half the light and another offset change no channel's shape, only mean and scale."""
    monkeypatch.setattr("asdcfer.adaptation.batch_statistics.PRIOR", 0)
    bright = toy_pack(tmp_path / "bright", {"train": 300})
    items = [
        PackItem((image * 0.3).astype(np.uint8), str(i)) for i, image in enumerate(bright.images)
    ]
    write_pack(tmp_path / "dark", items, expressions=["a"], source={"name": "dark"})
    dark = load_pack(tmp_path / "dark")
    torch.manual_seed(0)
    spec = EncoderSpec(
        name="mobile", arguments={"width": 0.25}, preprocessing={"size": 32, "normalize": "dataset"}
    )
    encoder = build_encoder(spec).eval()
    encoder = refreshed_encoder(encoder, bright, np.arange(300))

    def said(one, pack):
        with torch.no_grad():
            return one(one.preprocessing.batch(np.asarray(pack.images[:60])))

    wanted, plain = said(encoder, bright), said(encoder, dark)
    fresh = said(refreshed_encoder(encoder, dark, np.arange(300)), dark)
    assert (fresh - wanted).norm() < 0.5 * (plain - wanted).norm()


def test_an_encoder_without_batch_normalization_is_left_as_it_is(tmp_path):
    pack = toy_pack(tmp_path / "pack", {"train": 4})
    encoder = build_encoder(EncoderSpec(name="vit", arguments={"dim": 24, "depth": 4}))
    assert refreshed_encoder(encoder, pack, np.arange(4)) is encoder
