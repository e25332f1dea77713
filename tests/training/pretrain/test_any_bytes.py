"""Whatever bytes are called a recipe: a recipe comes out, or a `RecipeError` of one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.errors import RecipeError
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_files import RECIPES, load_recipe
from tests.fuzzing import cases, damaged, refusing

ORIGINALS = {path.name: path.read_bytes() for path in RECIPES.glob("*.yaml")}


@pytest.mark.fuzz
@cases(60)
@given(data=st.data())
def test_damaged_recipes(tmp_path: Path, data: st.DataObject) -> None:
    name, raw = data.draw(damaged(ORIGINALS))
    (tmp_path / name).write_bytes(raw)
    with refusing(RecipeError):
        assert isinstance(load_recipe(tmp_path / name), Recipe)


@pytest.mark.fuzz
@cases(60)
@given(raw=st.one_of(st.binary(max_size=80), st.text("[]{}&*!?|:-, a1\n", max_size=60)))
def test_any_bytes_and_any_override(tmp_path: Path, raw: bytes | str) -> None:
    data = raw if isinstance(raw, bytes) else raw.encode()
    (tmp_path / "r.yaml").write_bytes(data)
    with refusing(RecipeError):
        load_recipe(tmp_path / "r.yaml")
    with refusing(RecipeError):
        load_recipe("sample", [f"teacher.epochs={data.decode('latin-1')}"])
    with refusing(RecipeError):
        load_recipe("sample", [data.decode("latin-1")])
