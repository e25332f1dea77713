"""`summarize` from Python: files, baseline, and what is refused before anything is written."""

import pytest

from asdcfer import api
from asdcfer.errors import AsdcferError, InputError
from asdcfer.predict.table_io import read_table
from tests.summary.standin import table


def test_files_are_what_is_returned(tmp_path):
    path = table(tmp_path / "t.csv", {("v.mp4", 0): "hhhhssss", ("v.mp4", 1): "nnnn"})
    outputs = api.SummaryOutputs(tmp_path / "people.json", tmp_path / "events.csv")
    found = api.summarize(path, outputs)
    assert read_table(tmp_path / "people.json") == found.people
    api.summarize(path, api.SummaryOutputs(tmp_path / "p.parquet", tmp_path / "e.parquet"))
    assert read_table(tmp_path / "p.parquet") == found.people
    assert [row["person"] for row in read_table(tmp_path / "e.parquet")][:1] == ["face 0"]
    rows = read_table(tmp_path / "events.csv")
    assert [(r["person"], r["expression"], r["start"], r["end"]) for r in rows] == [
        ("face 0", "happy", "0.0", "1.0"),
        ("face 0", "sad", "1.0", "2.0"),
        ("face 1", "neutral", "0.0", "1.0"),
    ]


def test_faces_of_one_name_are_one_track_of_events(tmp_path):
    path = table(tmp_path / "t.csv", {("v.mp4", 0): "hhhh....", ("v.mp4", 3): "...hhhhh"})
    (tmp_path / "who.csv").write_text("file,face,person\nv.mp4,0,Ann\nv.mp4,3,Ann\n")
    found = api.summarize(path, names=tmp_path / "who.csv")
    (row,) = found.people
    (event,) = found.events
    assert (row["person"], row["frames"], row["events_happy"]) == ("Ann", 8, 1)
    assert (event.start, event.end) == (0, 2), "the frame in which both are seen counts once"


def test_a_baseline_adds_changes_with_intervals(tmp_path):
    path = table(tmp_path / "t.csv", {("v.mp4", 0): "hhhhssss" * 3})
    rest = table(tmp_path / "rest.csv", {("r.mp4", 0): "n" * 24})
    (row,) = api.summarize(path, baseline=rest).people
    assert row["change_neutral"] == pytest.approx(-0.7)
    assert row["change_neutral_low"] <= row["change_neutral"] <= row["change_neutral_high"]
    short = table(tmp_path / "short.csv", {("r.mp4", 0): "nnn"})
    with pytest.raises(InputError, match="at least 5 are wanted"):
        api.summarize(path, baseline=short)


def test_what_cannot_be_written_is_found_first(tmp_path):
    path = table(tmp_path / "t.csv", {("v.mp4", 0): "hhhh"})
    (tmp_path / "there.csv").write_text("mine")
    with pytest.raises(AsdcferError, match="is there already"):
        api.summarize(path, api.SummaryOutputs(tmp_path / "p.csv", tmp_path / "there.csv"))
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert not (tmp_path / "p.csv").exists()
    with pytest.raises(InputError, match="holds events"):
        api.summarize(path, api.SummaryOutputs(people=tmp_path / "p.eaf"))
    with pytest.raises(InputError, match=r"a \.boris file holds events"):
        api.summarize(path, api.SummaryOutputs(people=tmp_path / "p.boris"))
    with pytest.raises(InputError, match="must end in"):
        api.summarize(path, api.SummaryOutputs(events=tmp_path / "e.xls"))
    api.summarize(path, api.SummaryOutputs(events=tmp_path / "there.csv", force=True))


def test_neither_an_input_nor_another_output_is_replaced_even_by_force(tmp_path):
    path = table(tmp_path / "t.csv", {("v.mp4", 0): "h" * 40})
    rest = table(tmp_path / "rest.csv", {("r.mp4", 0): "n" * 40})
    names = tmp_path / "who.csv"
    names.write_text("file,face,person\nv.mp4,0,Ann\nr.mp4,0,Ann\n")
    for taken in (path, rest, names):
        before = taken.read_bytes()
        for outputs in ({"people": taken}, {"events": taken}, {"page": taken}):
            with pytest.raises(InputError, match="is one of the inputs"):
                api.summarize(
                    path,
                    api.SummaryOutputs(**outputs, force=True),
                    names=names,
                    baseline=rest,
                )
        assert taken.read_bytes() == before
    one = tmp_path / "one.csv"
    with pytest.raises(InputError, match="`people` and `events` would both write"):
        api.summarize(path, api.SummaryOutputs(one, one))
    assert not one.exists()
