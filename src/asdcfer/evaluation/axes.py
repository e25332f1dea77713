"""Registry of the axes along which a finished model is measured beside its test sets.

It imports no axis until one is asked for by name, so that lists of names cost nothing.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from asdcfer.errors import DataError
from asdcfer.lazy_names import LazyClasses

if TYPE_CHECKING:
    from asdcfer.evaluation.evaluate_model import EvaluationContext
    from asdcfer.evaluation.result import Result


class Axis(Protocol):
    """One further way of measuring a model.

    Its docstring begins with a line that says what it is; reports draw its results' curves and
    groups.

    Args:
        images: take so many of the test images, evenly spaced; None for all.
    """

    def __init__(self, *, images: int | None = None) -> None: ...

    @property
    def name(self) -> str:
        """Word of the axis, and kind of its results."""

    def run(self, context: "EvaluationContext") -> "Iterator[Result]":
        """Give the results of a model.

        Raises:
            DataError: the pack is unlabeled, or lacks a split or what the axis needs.
        """


AXES: LazyClasses[Axis] = LazyClasses(
    {
        "robustness": "asdcfer.evaluation.robustness:Robustness",
        "transfer": "asdcfer.evaluation.transfer:Transfer",
        "subgroups": "asdcfer.evaluation.subgroups:Subgroups",
    },
)
"""Name -> axis: the only line that a new axis adds."""


def build_axes(names: Iterable[str], images: int | None = None) -> list[Axis]:
    """Return axes by name.

    Args:
        names: of `AXES`.
        images: as `Axis` takes it.

    Raises:
        DataError: an unknown name.

    Example:
        >>> [axis.name for axis in build_axes(["robustness"])]
        ['robustness']
    """
    names = list(names)
    unknown = [name for name in names if name not in AXES]
    if unknown:
        raise DataError(f"there is no axis {unknown[0]!r}; there are {', '.join(AXES)}")
    return [AXES[name](images=images) for name in names]
