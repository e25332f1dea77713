"""The page: every person, every timeline, and names that are no markup."""

from asdcfer.models.cards import LAW
from asdcfer.summary.events import detect_events
from asdcfer.summary.page import write_summary_page
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
    assert page.count("<img ") == 2, "shares and one timeline; nothing of who was never usable"
    assert "No usable face." in page
    assert "2 events" in page
    assert "not what a person feels" in page
    assert LAW in page
    assert "http" not in page.replace("http-equiv", "")
