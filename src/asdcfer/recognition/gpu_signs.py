"""Signs of a GPU, read without torch.

To import torch takes three times as long as everything else that recognition by ONNX needs, and it
is not needed to learn that a machine has no GPU.
"""

import ctypes
import sys
from pathlib import Path

DEVICE_FILES = ("/dev/nvidiactl", "/dev/nvhost-gpu", "/dev/dxg", "/dev/kfd")
"""What the drivers of NVIDIA (servers, Jetson, WSL) and AMD put beside their cards."""
DRIVERS = ("nvcuda.dll", "amdhip64.dll") if sys.platform == "win32" else ("libcuda.so.1",)
"""The driver's library; CUDA finds no GPU where it cannot be loaded."""


def may_have_gpu() -> bool:
    """Tell whether torch could find a GPU here; where this is False it finds none.

    True says nothing for certain: a driver may be there without a card, or torch be built for CPUs.
    Apple's GPUs do not count, as `asdcfer.devices.resolve_device` does not take them.
    """
    if sys.platform == "darwin":
        return False
    if any(Path(file).exists() for file in DEVICE_FILES):
        return True
    return any(_loads(library) for library in DRIVERS)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
