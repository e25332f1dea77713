"""requirements/constraints.txt names an exact version of everything that `make environment` brings
in, to run and to build.
"""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import asdcfer
from asdcfer.extras import EXTRAS

packaging = pytest.importorskip("packaging.requirements")
ROOT = Path(__file__).parents[1]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = [
        line
        for line in (ROOT / "requirements/constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line) for line in lines)
    return {canonical(name): version for name, version in (line.split("==") for line in lines)}


def needed(texts: list[str]) -> set[str]:
    """Names of what these requirements bring in here, and of what that brings in; what a package
    itself wants in one version only is exact already.
    """
    found: set[tuple[str, str]] = set()
    left = [packaging.Requirement(text) for text in texts]
    while left:
        wanted = left.pop()
        for extra in ("", *wanted.extras):
            key = (canonical(wanted.name), extra)
            if key in found:
                continue
            found.add(key)
            try:
                inside = metadata.requires(wanted.name) or []
            except metadata.PackageNotFoundError:
                continue
            requirements = [packaging.Requirement(text) for text in inside]
            due = [
                one
                for one in requirements
                if one.marker is None or one.marker.evaluate({"extra": extra})
            ]
            left += [
                one
                for one in due
                if not any(
                    part.operator == "==" and "*" not in part.version for part in one.specifier
                )
            ]
    return {name for name, _ in found}


def test_everything_that_is_installed_or_builds_has_an_exact_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    build = project["build-system"]["requires"]
    texts = [
        *project["project"]["dependencies"],
        *(
            text
            for group in project["dependency-groups"].values()
            for text in group
            if isinstance(text, str)
        ),
        *(text for extra in project["project"]["optional-dependencies"].values() for text in extra),
    ]
    missing = needed([*texts, *build]) - pins().keys() - {canonical(project["project"]["name"])}
    assert not missing, f"requirements/constraints.txt lacks {', '.join(sorted(missing))}"
    for text in build:
        wanted = packaging.Requirement(text)
        assert wanted.specifier.contains(pins()[canonical(wanted.name)]), text


def test_the_versions_also_hold_where_pip_builds_the_package() -> None:
    """`-c` reaches what is installed; the packages that build it live in an environment of their
    own.
    """
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in makefile if "-e '.[all]'" in line]
    assert "-c requirements/constraints.txt" in line
    assert "--build-constraint requirements/constraints.txt" in line
    (line,) = [line for line in makefile if "--group dev" in line]
    assert "-c requirements/constraints.txt" in line


def test_exact_versions_stand_in_the_constraints_only() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    texts = [
        *project["project"]["dependencies"],
        *(text for extra in extras.values() for text in extra),
    ]
    assert not [text for text in texts if "==" in text]
    assert "version" in project["project"]["dynamic"]
    assert asdcfer.__version__ == metadata.version("asdcfer")


def test_developers_tools_are_in_no_extra_and_malicious_releases_are_out() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = {
        packaging.Requirement(text).name
        for text in project["dependency-groups"]["dev"]
        if isinstance(text, str)
    }
    everything = project["project"]["optional-dependencies"]["all"]
    assert names >= {"pytest", "ruff", "mypy", "pre-commit"}
    (all_extras,) = [packaging.Requirement(text).extras for text in everything]
    # Ray is large, and for those who have a cluster.
    assert all_extras == project["project"]["optional-dependencies"].keys() - {"all", "ray"}
    for extra in all_extras:
        for text in project["project"]["optional-dependencies"][extra]:
            assert packaging.Requirement(text).name not in names - {"scikit-image"}
    (lightning,) = [
        packaging.Requirement(text)
        for text in project["project"]["optional-dependencies"]["train"]
        if text.startswith("lightning")
    ]
    assert not any(lightning.specifier.contains(bad) for bad in ("2.6.2", "2.6.3"))
    assert lightning.specifier.contains(pins()["lightning"])
    assert not [text for text in project["project"]["dependencies"] if text.startswith("lightning")]


def test_every_optional_import_is_in_the_extra_that_its_error_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    distributions = {"skimage": "scikit-image", "python_multipart": "python-multipart"}
    for package, extra in EXTRAS.items():
        names = {
            canonical(packaging.Requirement(text).name)
            for text in project["optional-dependencies"][extra]
        }
        assert canonical(distributions.get(package, package)) in names, package
