"""Registry of the axes along which a finished model is measured beside its test sets."""

from collections.abc import Iterator
from typing import Protocol

from asdcfer.evaluation.evaluate_model import EvaluationContext
from asdcfer.evaluation.result import Result
from asdcfer.evaluation.robustness import Robustness


class Axis(Protocol):
    """One further way of measuring a model."""

    @property
    def name(self) -> str:
        """Word of the axis, and kind of its results."""

    def run(self, context: EvaluationContext) -> Iterator[Result]:
        """Give the results of a model."""


AXES: dict[str, type[Axis]] = {Robustness.name: Robustness}
"""Name -> axis: the only line that a new axis adds."""
