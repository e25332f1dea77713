"""Public names of packages: loaded when used, and the same to a type checker as at run time."""

import ast
import importlib
from collections.abc import Sequence
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "asdcfer"
LAZY = sorted(
    file
    for file in SOURCE.rglob("__init__.py")
    if "lazy_names(" in file.read_text(encoding="utf-8")
)


def package_of(file: Path) -> str:
    return ".".join(("asdcfer", *file.parent.relative_to(SOURCE).parts))


def typed_names(file: Path, exported: Sequence[str]) -> dict[str, str]:
    """Return what a type checker sees: name -> module that it is imported from.

    A name is exported where it is imported as itself, or is in `__all__`.
    """
    found = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            for inner in node.body:
                assert isinstance(inner, ast.ImportFrom)
                for alias in inner.names:
                    assert alias.asname == alias.name or alias.name in exported, alias.name
                    itself = inner.module == package_of(file)
                    found[alias.name] = f"{inner.module}{f'.{alias.name}' if itself else ''}"
    return found


@pytest.mark.parametrize("file", LAZY, ids=package_of)
def test_a_type_checker_sees_the_names_of_run_time(file: Path) -> None:
    package = importlib.import_module(package_of(file))
    exported = getattr(package, "__all__", [])
    names = typed_names(file, exported)
    assert names.keys() == set(exported or package._MODULES)
    for name, module in names.items():
        value = getattr(package, name)
        assert name in dir(package)
        if f"{package.__name__}.{name}" != module:
            assert value is getattr(importlib.import_module(module), name)
            assert not (file.parent / f"{name}.py").exists(), f"{name} is a submodule as well"
            assert not (file.parent / name).is_dir(), f"{name} is a subpackage as well"


def test_an_unknown_name_is_an_attribute_error() -> None:
    import asdcfer

    with pytest.raises(AttributeError, match="'asdcfer' has no attribute 'recognise'"):
        _ = asdcfer.recognise


def test_a_name_that_needs_a_package_which_is_missing_says_how_to_install_it(monkeypatch) -> None:
    from asdcfer.errors import MissingPackageError
    from asdcfer.lazy_names import lazy_names

    def refuse(name: str) -> None:
        raise ModuleNotFoundError("refused", name=name.replace("asdcfer.", ""))

    monkeypatch.setattr(importlib, "import_module", refuse)
    places = {"train": "asdcfer.lightning.pytorch", "broken": "asdcfer.training.nowhere"}
    look_up, _ = lazy_names("asdcfer.api", places)
    with pytest.raises(MissingPackageError, match=r"asdcfer\.api\.train needs lightning: pip inst"):
        look_up("train")
    with pytest.raises(ModuleNotFoundError, match="refused"):
        look_up("broken")


def test_a_registry_loads_a_class_when_it_is_used_and_takes_others() -> None:
    from asdcfer.errors import DataError
    from asdcfer.lazy_names import LazyClasses

    table = LazyClasses[Exception]({"data": "asdcfer.errors:DataError", "no": "asdcfer.no:Where"})
    assert list(table) == ["data", "no"]
    assert table["data"] is table["data"] is DataError
    with pytest.raises(ModuleNotFoundError):
        table["no"]
    table["own"] = ValueError
    del table["no"]
    assert (len(table), table["own"]) == (2, ValueError)
    with pytest.raises(KeyError):
        table["no"]
