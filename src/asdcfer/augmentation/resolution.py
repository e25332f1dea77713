"""Resolution: the side of the views along a run; small first saves most of the time."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator

SMALLEST = 16
"""Below so many pixels a face cannot be seen."""


def resolution_at(progress: float, plan: Sequence[tuple[float, int]], default: int) -> int:
    """Return the side of the views at a point of the run.

    It depends on the point alone, so that a resumed run needs to remember nothing.

    Args:
        progress: share of the run that is done, in 0..1.
        plan: pairs (from which progress, side in pixels), in rising order; empty for a constant
            `default`.
        default: the side before the first pair, pixels.

    Example:
        >>> plan = [(0.0, 32), (0.5, 40), (0.8, 48)]
        >>> [resolution_at(p, plan, 48) for p in (0.0, 0.49, 0.5, 0.9)]
        [32, 32, 40, 48]
    """
    side = default
    for start, size in plan:
        if progress >= start:
            side = size
    return side


def checked_plan(plan: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """Return a plan of resolutions as it is.

    Raises:
        ValueError: its shares do not rise within 0..1, or a side is too small to see a face.
    """
    starts = [start for start, _ in plan]
    if starts != sorted(starts) or any(not 0 <= start <= 1 for start in starts):
        raise ValueError(
            "resolution must be pairs [share of the run in 0..1, side in pixels] in rising order"
        )
    if any(size < SMALLEST for _, size in plan):
        raise ValueError(f"a resolution under {SMALLEST} pixels leaves no face to see")
    return plan


Resolution = Annotated[list[tuple[float, int]], AfterValidator(checked_plan)]
"""Type of an option that holds such a plan, as [[0.0, 32], [0.4, 40], [0.7, 48]] in a recipe."""
