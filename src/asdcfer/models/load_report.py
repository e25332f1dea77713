"""Report of what came from where when weights were loaded."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class LoadReport:
    """What came from where when weights were loaded, in one line of text.

    It is left as `encoder.load_report`.

    Attributes:
        file: the safetensors file.
        loaded: group ("encoder", "classifier", "projector") -> tensors taken from it.
        left: group -> tensors in the file that were not asked for.
        numbers: how many numbers the taken tensors hold.
        card: the card beside the file.

    Example:
        >>> print(LoadReport(Path("a.safetensors"), {"encoder": 3}, {"ema": 2}, 1500))
        loaded 3 encoder tensors (1,500 numbers) from a.safetensors; not asked for: 2 ema tensors
    """

    file: Path
    loaded: dict[str, int]
    left: dict[str, int]
    numbers: int
    card: dict[str, Any] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        taken = " and ".join(f"{n} {group} tensors" for group, n in self.loaded.items())
        left = ", ".join(f"{n} {group} tensors" for group, n in self.left.items())
        return f"loaded {taken} ({self.numbers:,} numbers) from {self.file}" + (
            f"; not asked for: {left}" if left else ""
        )
