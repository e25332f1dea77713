"""Flattened probe: the linear probe of every position of one map, as FaceCycle and PCL measure."""

from collections.abc import Iterator
from typing import ClassVar

from asdcfer.evaluation.probes.context import PoolingChoice, ProbeContext
from asdcfer.evaluation.probes.linear import LinearProbe
from asdcfer.evaluation.result import Result
from asdcfer.models.pooling import FLATTENED


class FlattenedProbe(LinearProbe):
    """The linear probe of the un-pooled map.

    Its results are called "linear", and their pooling "flattened". The map is the last one, or that
    of the argument `map` of the context's pooling.
    """

    kind: ClassVar[str] = "flattened"
    beside_other_poolings: ClassVar[bool] = False

    def run(self, context: ProbeContext) -> Iterator[Result]:
        """Give the results of one encoder."""
        index = context.pooling.arguments.get("map", -1) if context.pooling else -1
        pooling = PoolingChoice(pooling=FLATTENED, arguments={"map": index})
        yield from super().run(context.updated(pooling=pooling))
