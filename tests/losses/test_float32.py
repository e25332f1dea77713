"""Losses are computed in float32."""

import pytest
import torch

from asdcfer.losses.float32 import in_float32


@in_float32
def product(one, *, other):
    return one @ other


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_widened_by_place_and_by_name(kind):
    one, other = torch.randn(3, 3).to(kind), torch.randn(3, 3).to(kind)
    assert torch.equal(product(one, other=other), one.float() @ other.float())


def test_autocast_is_off_inside_and_on_again_outside():
    one = torch.randn(3, 3)
    with torch.autocast("cpu", torch.bfloat16):
        assert product(one, other=one).dtype == torch.float32
        assert (one @ one).dtype == torch.bfloat16


def test_double_precision_stays():
    one = torch.randn(2, 2, dtype=torch.float64)
    assert product(one, other=one).dtype == torch.float64


def test_the_function_keeps_its_name():
    assert product.__name__ == "product"
