import pytest

from asdcfer.errors import RecipeError
from asdcfer.models.encoder import EncoderSpec
from asdcfer.models.own_encoder import register_encoder
from asdcfer.models.registry import ENCODERS, build_encoder

PATH = "tests.test_contributing:ToyEncoder"


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    ENCODERS.pop(PATH, None)


def test_a_registered_encoder_is_built_by_its_import_path() -> None:
    spec = EncoderSpec(name=PATH, arguments={"width": 4})
    with pytest.raises(RecipeError, match="there is no encoder"):
        build_encoder(spec)
    assert register_encoder(PATH) == PATH
    assert build_encoder(spec).map_channels == [4, 8]
    assert register_encoder(PATH) == PATH


def test_a_name_that_nobody_knows_is_left_to_those_who_build() -> None:
    assert register_encoder("resnet81") == "resnet81"
    assert "resnet81" not in ENCODERS
    with pytest.raises(RecipeError, match="is no subclass of Encoder"):
        register_encoder("collections:OrderedDict")
