"""constraints.txt names an exact version of everything that `make environment` brings in, to run
and to build.
"""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

packaging = pytest.importorskip("packaging.requirements")
ROOT = Path(__file__).parents[1]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
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
        *(text for extra in project["project"]["optional-dependencies"].values() for text in extra),
    ]
    missing = needed([*texts, *build]) - pins().keys() - {canonical(project["project"]["name"])}
    assert not missing, f"constraints.txt lacks {', '.join(sorted(missing))}"
    for text in build:
        wanted = packaging.Requirement(text)
        assert wanted.specifier.contains(pins()[canonical(wanted.name)]), text


def test_the_versions_also_hold_where_pip_builds_the_package() -> None:
    """`-c` reaches what is installed; the packages that build it live in an environment of their
    own.
    """
    (line,) = [
        line
        for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
        if "-e '.[all]'" in line
    ]
    assert "-c constraints.txt" in line and "--build-constraint constraints.txt" in line
