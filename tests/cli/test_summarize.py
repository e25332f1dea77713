"""`asdcfer summarize` as it is typed."""

import json

import pytest

from tests.summary.standin import table


@pytest.fixture
def scores(tmp_path):
    return table(tmp_path / "scores.csv", {("v.mp4", 0): "hhhhssss", ("v.mp4", 1): "nnnn"})


def test_tables_and_a_page(asdcfer, scores, tmp_path):
    status, out, _ = asdcfer(
        "summarize",
        scores,
        "--people",
        tmp_path / "p.csv",
        "--events",
        tmp_path / "e.eaf",
        "--page",
        tmp_path / "s.html",
    )
    assert status == 0
    assert "face 0" in out
    assert "50%" in out
    assert all((tmp_path / name).is_file() for name in ("p.csv", "e.eaf", "s.html"))


def test_json_holds_people_and_events(asdcfer, scores):
    status, out, _ = asdcfer("summarize", scores, "--json", "--shortest", "0")
    found = json.loads(out)
    assert status == 0
    assert [one["expression"] for one in found["events"]] == ["happy", "sad", "neutral"]
    assert found["people"][0]["share_happy"] == 0.5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--begin", "0.3", "--end", "0.5"], "end <= begin"),
        (["--people", "p.xls"], "must end in"),
        (["--names", "nobody.csv"], "cannot be read"),
    ],
)
def test_mistakes_are_one_line(asdcfer, scores, words, message):
    status, _, error = asdcfer("summarize", scores, *words)
    assert status == 2
    assert message in error
    assert error.count("\n") == 1
