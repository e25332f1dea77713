"""An unknown device is answered with the one that was meant."""

import pytest

from asdcfer.device_names import MEANT, unknown_device

VALID = ("auto", "cpu", "cuda", "openvino", "coreml")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("opnvino", "openvino"),
        ("openvno:GPU", "openvino"),
        ("OpenVino ", "openvino"),
        ("cud", "cuda"),
        ("gpu", "cuda"),
        ("GPU:0", "cuda"),
        ("CPU", "cpu"),
        ("core-ml", "coreml"),
    ],
)
def test_the_device_that_was_meant_is_named(written: str, meant: str) -> None:
    assert unknown_device(written, VALID) == f"unknown device {written!r}; did you mean {meant}?"


def test_all_are_named_where_none_is_near() -> None:
    assert unknown_device("xyz", VALID).endswith("; valid here: auto, coreml, cpu, cuda, openvino")
    assert unknown_device("gpu", ("auto", "cpu")).startswith("unknown device 'gpu'; ")
    assert set(MEANT.values()) <= set(VALID)
