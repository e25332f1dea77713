import sys

import pytest

from asdcfer.errors import AsdcferError, RecipeError
from asdcfer.import_path import is_import_path, load_class


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_module_of_the_working_folder_is_found_and_the_search_path_left_alone(tmp_path) -> None:
    (tmp_path / "my_errors.py").write_text("class Mine(KeyError): pass\nnumber = 3\n")
    before = list(sys.path)
    assert load_class("my_errors:Mine", KeyError).__name__ == "Mine"
    assert sys.path == before
    with pytest.raises(RecipeError, match="is no subclass of AsdcferError"):
        load_class("my_errors:Mine", AsdcferError)
    with pytest.raises(RecipeError, match="my_errors has no Mime; did you mean Mine"):
        load_class("my_errors:Mime", KeyError)
    with pytest.raises(RecipeError, match="my_errors:number is no subclass"):
        load_class("my_errors:number", KeyError)


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "ModuleNotFoundError"), ("x = (", "SyntaxError"), ("1 / 0", "ZeroDivisionError")],
)
def test_a_module_that_cannot_be_imported_is_one_line(tmp_path, text, said) -> None:
    if text is not None:
        (tmp_path / "my_broken.py").write_text(text)
    with pytest.raises(RecipeError, match=said) as caught:
        load_class("my_broken:Mine", KeyError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("a:B", True),
        ("a.b.c:Deep", True),
        ("light:fer2013", False),
        ("a.yaml", False),
        ("a:", False),
        (":B", False),
        ("../a:B", False),
        ("a.b", False),
    ],
)
def test_what_an_import_path_looks_like(word, path) -> None:
    assert is_import_path(word) is path
