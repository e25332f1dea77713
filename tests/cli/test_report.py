"""`asdcfer report`: the page's path alone on standard output, faults in one line."""

from pathlib import Path

from tests.cli.command import asdcfer


def test_the_path_of_the_page_is_printed(monkeypatch, tmp_path) -> None:
    given = []

    def report(runs, out, progress) -> Path:
        given.append((runs, out))
        progress("curves", 0, 0)
        return tmp_path / "page.html"

    monkeypatch.setattr("asdcfer.api.report", report, raising=False)
    done = asdcfer("report", "a", "b", "--out", "page.html")
    assert done.stdout == f"{tmp_path / 'page.html'}\n"
    assert given == [([Path("a"), Path("b")], Path("page.html"))]


def test_faults_are_one_line(toy_run, tmp_path) -> None:
    assert "no run at" in asdcfer("report", tmp_path / "nowhere").fault
    folder = asdcfer("report", toy_run / "run", "--out", tmp_path)
    assert "is a folder; --out names the page" in folder.fault
