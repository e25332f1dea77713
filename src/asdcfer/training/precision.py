"""Precision: what "auto" becomes for Lightning, and why."""

import platform
from dataclasses import dataclass

from asdcfer.devices import bf16_flag, native_bf16


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
