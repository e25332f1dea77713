"""`report` from Python: where the page goes, and what is found out before it is drawn."""

from pathlib import Path

import pytest

from asdcfer import api
from asdcfer.api import report_page
from asdcfer.errors import AsdcferError
from tests.factories import Heard


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[list[Path]]:
    """Draw nothing; remember the runs."""
    found: list[list[Path]] = []

    def write_report(runs: list[Path], page: Path, told) -> Path:
        found.append(runs)
        told("curves")
        return page

    monkeypatch.setattr(report_page, "write_report", write_report)
    return found


def test_the_page_of_one_run_lies_in_it_and_of_several_here(
    tmp_path: Path, drawn: list[list[Path]], heard: Heard
) -> None:
    assert api.report(tmp_path, progress=heard) == tmp_path / "report.html"
    assert api.report([tmp_path, "other"]) == Path("report.html")
    assert drawn == [[tmp_path], [tmp_path, Path("other")]]
    assert heard.stages == {"curves": 0}


def test_a_page_goes_where_it_is_wanted(tmp_path: Path) -> None:
    page = tmp_path / "deep" / "page.html"
    assert api.report("run", page) == page
    assert page.parent.is_dir()


def test_a_folder_is_no_page(tmp_path: Path, drawn: list[list[Path]]) -> None:
    with pytest.raises(AsdcferError, match=r"is a folder; `out` names the page, such as .*report"):
        api.report("run", tmp_path)
    assert not drawn
