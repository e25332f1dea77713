"""Modules are built as a card describes them, no larger than their file, and filled whole."""

from pathlib import Path

import pytest
import torch

from asdcfer.errors import WeightsError
from asdcfer.models.described_modules import (
    count_numbers,
    described_encoder,
    described_part,
    fill,
    named_tensors,
)
from asdcfer.models.heads import Projector
from tests.factories import SPEC, an_encoder

FILE = Path("model.safetensors")


def test_an_encoder_is_built_as_its_card_says_and_filled() -> None:
    encoder = an_encoder()
    tensors = {name: t.clone() for name, t in named_tensors("encoder", encoder).items()}
    card = {"encoder": SPEC.model_dump()}
    other = described_encoder(FILE, card, None, count_numbers(tensors))
    assert other.spec == SPEC
    fill(FILE, tensors | {"projector.0.weight": torch.ones(2)}, card, {"encoder": other}, False)
    for name, tensor in other.state_dict().items():
        assert torch.equal(tensor, tensors[f"encoder.{name}"])
    assert other.load_report.loaded == {"encoder": len(tensors)}
    assert other.load_report.left == {"projector": 1}


def test_nothing_is_built_larger_than_the_file() -> None:
    with pytest.raises(WeightsError, match=r"describes an encoder that cannot be built"):
        described_encoder(FILE, {"encoder": {"name": "resnet18"}}, None, 10)
    with pytest.raises(WeightsError, match=r"describes a projector that cannot be built"):
        described_part(FILE, "projector", Projector, {"in_dim": 10**4, "hidden_dim": 10**4}, 10)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop(next(iter(t))), "is missing"),
        (lambda t: t.update({"encoder.more": torch.ones(1)}), "is not one of its tensors"),
        (lambda t: t.update({next(iter(t)): torch.ones(1)}), r"has shape \(1,\) where"),
        (lambda t: t[next(iter(t))].view(-1)[:1].fill_(torch.nan), "not finite"),
    ],
)
def test_what_does_not_fit_fills_nothing(change, words) -> None:
    encoder = an_encoder()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    tensors = {name: t + 1 for name, t in named_tensors("encoder", encoder).items()}
    change(tensors)
    with pytest.raises(WeightsError, match=words):
        fill(FILE, tensors, {}, {"encoder": encoder}, False)
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())
