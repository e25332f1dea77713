import pytest

from asdcfer.errors import InputError
from asdcfer.evaluation.probes.context import PoolingChoice
from asdcfer.evaluation.probes.features import map_shapes
from asdcfer.evaluation.probes.flattened import FlattenedProbe
from tests.evaluation.standin import toy_context, toy_encoder, toy_pack


@pytest.mark.slow
def test_every_position_of_a_map_is_seen(tmp_path) -> None:
    pack = toy_pack(tmp_path / "pack")
    shapes = map_shapes(toy_encoder())
    for index in (-1, 0):
        pooling = PoolingChoice(pooling="grid", arguments={"map": index})
        result = next(FlattenedProbe().run(toy_context(pack, pooling=pooling)))
        channels, height, width = shapes[index]
        assert result.feature.dim == channels * height * width
        assert (result.kind, result.feature.pooling) == ("linear", "flattened")
    pooling = PoolingChoice(pooling="grid", arguments={"map": 9})
    with pytest.raises(InputError, match="no map 9"):
        next(FlattenedProbe().run(toy_context(pack, pooling=pooling)))
