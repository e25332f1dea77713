"""Precision and device: the one place where "auto" becomes a value.

NOTE: our reading. The choice is a rule and not a measurement: a measurement may turn out differently when a killed run is resumed, and the weights
would then differ from those of a run that was never killed.
"""

import platform
from dataclasses import dataclass
from pathlib import Path

import torch

from asdcfer.errors import RecipeError

BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
"""CPU flags (x86 and ARM) with which bfloat16 convolutions are native, and about twice as fast as float32 (measured on FER-sized images)."""


@dataclass(frozen=True)
class Resolved:
    """What "auto" became.

    Attributes:
        precision: name Lightning knows: "bf16-mixed" or "32-true".
        reason: why, for the run's record.
    """

    precision: str
    reason: str


def cpu_flags() -> set[str]:
    """Return the instruction-set flags that the operating system reports; empty where it does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return set()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return set(value.split())
    return set()


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
    if device == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return Resolved("bf16-mixed" if native else "32-true", f"auto: the GPU {'has' if native else 'lacks'} native bfloat16")
    found = sorted(BF16_FLAGS & cpu_flags())
    if found:
        return Resolved("bf16-mixed", f"auto: the CPU reports {found[0]}")
    return Resolved("32-true", f"auto: this CPU ({platform.machine()}) reports no native bfloat16")


def resolve_device(wanted: str) -> str:
    """Turn "auto", "cpu" or "cuda" into "cpu" or "cuda".

    Raises:
        RecipeError: CUDA was asked for and is not there.

    Example:
        >>> resolve_device("cpu")
        'cpu'
    """
    if wanted not in {"auto", "cpu", "cuda"}:
        raise RecipeError(f"unknown device {wanted!r}; choose auto, cpu or cuda")
    available = torch.cuda.is_available()
    if wanted == "cuda" and not available:
        raise RecipeError("device cuda was asked for and torch finds none; use --device cpu, or install a CUDA build of torch")
    return "cuda" if available and wanted != "cpu" else "cpu"
