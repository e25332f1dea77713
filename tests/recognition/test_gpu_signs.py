"""What tells of a GPU is never silent where torch finds one."""

import sys

import torch

from asdcfer.recognition import gpu_signs
from asdcfer.recognition.gpu_signs import may_have_gpu


def test_where_torch_finds_a_gpu_there_is_a_sign():
    assert may_have_gpu() or not torch.cuda.is_available()


def test_a_device_file_or_a_driver_is_a_sign(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(gpu_signs, "DEVICE_FILES", (str(tmp_path / "card"),))
    there = set()

    def load(library):
        if library not in there:
            raise OSError(f"{library}: cannot open shared object file")

    monkeypatch.setattr(gpu_signs.ctypes, "CDLL", load)
    assert not may_have_gpu()
    there.add(gpu_signs.DRIVERS[0])
    assert may_have_gpu()
    there.clear()
    (tmp_path / "card").touch()
    assert may_have_gpu()


def test_apples_gpus_are_not_taken(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not may_have_gpu()
