"""The documentation names what is there: an API page for each subpackage, results of the README."""

import re
from pathlib import Path

import pytest

from asdcfer.models.cards import LAW

ROOT = Path(__file__).parents[1]
NOT_CALLED_FROM_PYTHON = {"app", "cli"}


def test_each_subpackage_has_its_page_in_the_navigation() -> None:
    packages = {path.parent.name for path in (ROOT / "src" / "asdcfer").glob("*/__init__.py")}
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for name in packages - NOT_CALLED_FROM_PYTHON:
        page = (ROOT / "docs" / "api" / f"{name}.md").read_text(encoding="utf-8")
        assert f"::: asdcfer.{name}" in page
        assert f"api/{name}.md" in navigation


def test_the_numbers_of_the_readme_are_those_of_the_headline() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    headline = (ROOT / "docs" / "results" / "headline.md").read_text(encoding="utf-8")
    table = re.search(r"^\| shipped weights.*?\n\n", readme, re.MULTILINE | re.DOTALL)
    assert table
    rows = re.findall(r"\| ([\d.]+) \| \*\*([\d.]+)\*\* \|", table[0])
    assert len(rows) >= 5
    for without_twins, every in rows:
        assert re.search(rf"\| {every} \| {without_twins} \|", headline), (every, without_twins)


def test_links_of_the_readme_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\":]+)\"", readme)
    assert targets
    for link, image in targets:
        assert (ROOT / (link or image)).exists(), link or image


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "docs/app.md"])
def test_pages_that_say_what_it_can_not_tell_say_what_the_law_says(page: str) -> None:
    words = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert LAW.removeprefix("The") in words
