"""The page: every person, every timeline, and names that are no markup."""

from dataclasses import replace

from asdcfer.models.cards import LAW
from asdcfer.recognition.palette import looks
from asdcfer.summary.events import Event, detect_events
from asdcfer.summary.page import event_table, share_table, write_summary_page
from asdcfer.summary.people import summarize_person
from asdcfer.summary.score_table import ScoreTable
from tests.summary.standin import NAMES, track


def test_one_panel_a_person(tmp_path):
    tracks = (track("hhhh..ssss", person="<b>Ann"), track("NNN", person="nobody"))
    table = ScoreTable(NAMES, tracks, ("v.mp4",))
    events = [event for one in tracks for event in detect_events(one, NAMES)]
    people = [
        summarize_person(one.person, [one], NAMES, [e for e in events if e.person == one.person])
        for one in tracks
    ]
    page = write_summary_page(tmp_path / "s.html", table, people, events).read_text()
    assert "&lt;b&gt;Ann" in page
    assert "<b>Ann" not in page
    assert page.count("<figure ") == 1, "one timeline; nothing of who was never usable"
    assert "No usable face." in page
    assert "2 events" in page
    assert "not what a person feels" in page
    assert LAW in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page


def test_faces_of_a_person_in_one_file_are_one_timeline(tmp_path):
    tracks = (track("hhh..."), track("...hhh"), replace(track("ss"), file="w.mp4"))
    table = ScoreTable(NAMES, tracks, ("v.mp4", "w.mp4"))
    people = [summarize_person("a", tracks, NAMES, [])]
    page = write_summary_page(tmp_path / "s.html", table, people, []).read_text()
    assert page.count("<figure ") == 2


def test_changes_against_a_baseline_have_their_intervals():
    row = summarize_person("a", [track("hhss")], NAMES, [])
    assert "neutral face" not in share_table(row, looks(NAMES))
    for name in NAMES:
        row |= {f"change_{name}": 0.2, f"change_{name}_low": -0.1, f"change_{name}_high": 0.5}
    text = share_table(row, looks(NAMES))
    assert "+0.20<small>-0.10 to +0.50</small>" in text
    assert "50%" in text


def test_long_lists_of_events_say_what_is_left_out():
    many = [Event("a", "v", "happy", at, at + 0.5, 0.9, 0.9) for at in range(2100)]
    assert "2,100 events" in event_table(many)
    assert "100 more are in the table of events" in event_table(many)
    assert event_table([]) == ""
