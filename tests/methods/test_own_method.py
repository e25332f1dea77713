import pytest

from asdcfer.errors import RecipeError
from asdcfer.methods.own_method import register_method
from asdcfer.methods.registry import METHODS, build_method
from tests.factories import small_encoder

PATH = "tests.test_contributing:Toy"


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    METHODS.pop(PATH, None)


def test_a_registered_method_is_built_by_its_import_path() -> None:
    assert register_method(PATH) == PATH
    assert register_method(PATH) == PATH
    assert type(build_method(PATH, small_encoder(), {"scale": 2.0})).__name__ == "Toy"


def test_what_is_no_method_is_refused() -> None:
    with pytest.raises(RecipeError, match="is no subclass of Method"):
        register_method("tests.test_contributing:ToyEncoder")
    with pytest.raises(RecipeError, match="has no Options"):
        register_method("asdcfer.methods.method:Method")
