"""Devices: what "auto" means, and whether bfloat16 is native there.

NOTE: our reading. What is native is read and not measured: a measurement may turn out differently
when a killed run is resumed, and the weights would then differ from those of a run that was never
killed.
"""

import platform
from dataclasses import dataclass
from pathlib import Path

import torch

from asdcfer.device_names import unknown_device
from asdcfer.errors import RecipeError

BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
"""CPU flags (x86 and ARM) with which bfloat16 convolutions are native, and about twice as fast as
float32 (measured on FER-sized images).
"""


def resolve_device(wanted: str) -> str:
    """Turn "auto", "cpu" or "cuda" into "cpu" or "cuda".

    Args:
        wanted: "auto" takes a GPU where torch finds one.

    Raises:
        RecipeError: another word, which is answered with the nearest one, or CUDA was asked for
            and is not there.

    Example:
        >>> resolve_device("cpu")
        'cpu'
    """
    if wanted not in {"auto", "cpu", "cuda"}:
        raise RecipeError(unknown_device(wanted, ("auto", "cpu", "cuda")))
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise RecipeError(
            'device cuda was asked for and torch finds none; use `device="cpu"`, or install a CUDA '
            "build of torch"
        )
    return "cuda" if available and wanted != "cpu" else "cpu"


def native_bf16(device: str) -> bool:
    """Whether a device computes bfloat16 natively.

    Args:
        device: "cpu" or "cuda".
    """
    return (
        torch.cuda.is_bf16_supported(including_emulation=False)
        if device == "cuda"
        else bf16_flag() is not None
    )


def bf16_flag() -> str | None:
    """Return the CPU flag that tells of native bfloat16, None where there is none."""
    return min(BF16_FLAGS & cpu_flags(), default=None)


def cpu_flags() -> set[str]:
    """Return the instruction-set flags that the system reports, empty where it does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return set()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return set(value.split())
    return set()


@dataclass(frozen=True)
class Resolved:
    """What "auto" became.

    Attributes:
        precision: name Lightning knows: "bf16-mixed" or "32-true".
        reason: why, for the run's record.
    """

    precision: str
    reason: str


def resolve_precision(wanted: str, device: str) -> Resolved:
    """Turn "auto", "bf16" or "32" into Lightning's name.

    Args:
        wanted: "auto", "bf16" or "32".
        device: "cpu" or "cuda".

    Example:
        >>> resolve_precision("32", "cpu").precision
        '32-true'
    """
    if wanted == "32":
        return Resolved("32-true", "as the recipe says")
    if wanted == "bf16":
        return Resolved("bf16-mixed", "as the recipe says")
    native = native_bf16(device)
    if device == "cuda":
        reason = f"auto: the GPU {'has' if native else 'lacks'} native bfloat16"
    else:
        reason = (
            f"auto: the CPU reports {bf16_flag()}"
            if native
            else f"auto: this CPU ({platform.machine()}) reports no native bfloat16"
        )
    return Resolved("bf16-mixed" if native else "32-true", reason)
