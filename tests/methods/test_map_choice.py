import pytest

from asdcfer.errors import TrainingError
from asdcfer.methods.map_choice import channels_of_map
from asdcfer.methods.registry import build_method
from tests.factories import small_encoder


@pytest.mark.parametrize(("index", "channels"), [(0, 8), (2, 32), (-1, 32), (-3, 8)])
def test_a_map_is_chosen_from_either_end(index, channels) -> None:
    assert channels_of_map([8, 16, 32], index, "map") == channels


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("moco", {"w_dense": 1.0, "dense_map": 9}),
        ("moco", {"w_dense": 1.0, "dense_map": -9, "dense_kind": "grid"}),
        ("mirrored", {"map": 9}),
        ("mirrored", {"map": -9, "w_halves": 0}),
        ("occluded", {"map": 9}),
        ("supcon", {"attention_map": -9}),
        ("parts", {"attention_map": 9}),
        ("attention_masked", {"attention_map": -9}),
        ("masked", {"attention_map": 9}),
        ("masked", {"decoder_map": -9}),
    ],
)
def test_a_map_that_is_not_there_is_one_line_with_those_that_are(method, options) -> None:
    with pytest.raises(TrainingError, match=r"map=-?9 is no map of this encoder; it has 4, -4 to"):
        build_method(method, small_encoder(), options)


def test_an_encoder_without_maps_has_none() -> None:
    with pytest.raises(TrainingError, match="it has none"):
        channels_of_map([], -1, "map")
