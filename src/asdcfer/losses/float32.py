"""Losses are computed in float32, whatever precision the networks run in."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")


def in_float32(function: Callable[P, R]) -> Callable[P, R]:
    """Run a loss in float32: half-precision tensors are widened and autocast is off inside.

    Softmax over thousands of negatives and squared distances of unit vectors lose their signal in
    bfloat16 (eight bits of mantissa): a cosine of 0.99 divided by a temperature of 0.1 would be
    rounded to steps of 0.06. Float64 stays float64, so that gradients can be checked numerically.

    Example:
        >>> square = in_float32(lambda x: (x * x).sum())
        >>> square(torch.ones(3, dtype=torch.bfloat16)).dtype
        torch.float32
    """

    def widened(value: Any) -> Any:
        return (
            value.float()
            if isinstance(value, Tensor) and value.dtype in (torch.bfloat16, torch.float16)
            else value
        )

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
        device = tensors[0].device.type if tensors else "cpu"
        with torch.autocast(device, enabled=False):
            wide: Any = [widened(value) for value in args]
            named: Any = {name: widened(value) for name, value in kwargs.items()}
            return function(*wide, **named)

    return run
