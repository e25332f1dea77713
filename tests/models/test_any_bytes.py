"""Whatever bytes are called a card or weights: they are read, or a `WeightsError` of one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.errors import WeightsError
from asdcfer.models.cards import card_path, read_card
from asdcfer.models.find_weights import find_model
from asdcfer.models.weights import load_encoder, load_model
from tests.fuzzing import cases, damaged, refusing


@pytest.fixture(scope="module")
def originals() -> dict[str, bytes]:
    light = find_model("light")
    return {"card": card_path(light).read_bytes(), "weights": light.read_bytes()}


def check(weights: Path) -> None:
    with refusing(WeightsError):
        assert isinstance(read_card(weights), dict)
    for load in (load_encoder, load_model):
        with refusing(WeightsError):
            load(weights)


@pytest.mark.fuzz
@cases(60)
@given(data=st.data())
def test_damaged_cards_and_weights(
    tmp_path: Path, originals: dict[str, bytes], data: st.DataObject
) -> None:
    name, raw = data.draw(damaged(originals))
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(raw if name == "weights" else originals["weights"])
    card_path(weights).write_bytes(raw if name == "card" else originals["card"])
    check(weights)


@pytest.mark.fuzz
@cases(60)
@given(card=st.binary(max_size=60), weights=st.binary(max_size=60))
def test_any_bytes(tmp_path: Path, card: bytes, weights: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(weights)
    card_path(tmp_path / "model.safetensors").write_bytes(card)
    check(tmp_path / "model.safetensors")
