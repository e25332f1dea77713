"""A card cannot describe more than its file holds."""

import json
import shutil
import threading
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from asdcfer.errors import WeightsError
from asdcfer.models.built_size import UNSAVED, TooLargeError, no_larger_than
from asdcfer.models.find_weights import find_model
from asdcfer.models.weights import load_encoder, load_model


def test_up_to_the_size_and_no_more() -> None:
    with no_larger_than(110):
        nn.Linear(10, 10)
    nn.Linear(1, UNSAVED + 112)  # nothing is left of the bound
    with no_larger_than(112):
        nn.Linear(1, (UNSAVED + 112) // 2)
    with pytest.raises(TooLargeError, match="110 numbers"), no_larger_than(110):
        nn.Linear(1, (UNSAVED + 112) // 2)


def test_buffers_count_and_layers_add_up() -> None:
    with pytest.raises(TooLargeError), no_larger_than(0):
        nn.Module().register_buffer("a", torch.empty(UNSAVED + 1))
    layers = (nn.Linear(1000, 1000, bias=False) for _ in range(100))
    with no_larger_than(0):
        made = [next(layers) for _ in range(UNSAVED // 1_000_000)]
        with pytest.raises(TooLargeError):
            made.append(next(layers))


def test_other_threads_build_what_they_like() -> None:
    with no_larger_than(0):
        thread = threading.Thread(target=lambda: built.append(nn.Linear(1, UNSAVED + 1)))
        built: list[nn.Module] = []
        thread.start()
        thread.join()
    assert len(built) == 1


@pytest.mark.parametrize(
    "part",
    [
        {"encoder": {"name": "vit", "arguments": {"depth": 10**9}}},
        {"encoder": {"name": "vit", "arguments": {"dim": 3 * 10**6}}},
        {"encoder": {"name": "resnet18", "arguments": {"width": 100_000}}},
        {"encoder": {"name": "resnet18", "arguments": {"width": -4}}},
        {"encoder": {"name": "resnet18", "arguments": {"width": "many"}}},
        {"encoder": {"name": "nano_resnet", "arguments": {"depths": [10**8, 2, 2]}}},
        {"encoder": {"name": "mobile", "pooling": "grid", "pooling_arguments": {"cells": 10**9}}},
        {"classifier": {"in_dim": 10**6, "classes": 10**6}},
        {"classifier": {"in_dim": -1, "classes": 7}},
    ],
    ids=lambda part: json.dumps(part)[:60],
)
def test_a_card_that_describes_a_monster_is_refused_at_once(tmp_path: Path, part: dict) -> None:
    light = find_model("light")
    shutil.copy(light, tmp_path / "m.safetensors")
    card = json.loads(light.with_suffix(".json").read_text())
    (tmp_path / "m.json").write_text(json.dumps(card | part))
    began = time.process_time()
    load = load_model if "classifier" in part else load_encoder
    with pytest.raises(WeightsError) as caught:
        load(tmp_path / "m.safetensors")
    assert "\n" not in str(caught.value)
    assert time.process_time() - began < 10
