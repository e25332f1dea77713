"""ELAN: another program's reader finds every event where it was."""

from pympi.Elan import Eaf

from asdcfer.summary.elan import write_elan
from asdcfer.summary.events import Event, detect_events
from tests.summary.standin import NAMES, track


def test_a_round_trip_through_another_reader(tmp_path):
    events = [
        *detect_events(track("hhhhssss"), NAMES),
        *detect_events(track("nnnn.hhh", person="Zoë & <b>"), NAMES),
    ]
    write_elan(tmp_path / "events.eaf", events)
    read = Eaf(tmp_path / "events.eaf")
    for person in ("a", "Zoë & <b>"):
        expected = [
            (round(1000 * event.start), round(1000 * event.end), event.expression)
            for event in events
            if event.person == person
        ]
        assert sorted(read.get_annotation_data_for_tier(person)) == expected
    assert set(read.get_tier_names()) == {"a", "Zoë & <b>"}


def test_files_are_told_apart_and_nothing_is_a_file_as_well(tmp_path):
    events = [Event("a", file, "happy", 0.0, 1.0, 0.9, 0.9) for file in ("x.mp4", "y.mp4")]
    write_elan(tmp_path / "events.eaf", events)
    assert set(Eaf(tmp_path / "events.eaf").get_tier_names()) == {"a (x.mp4)", "a (y.mp4)"}
    write_elan(tmp_path / "none.eaf", [])
    assert list(Eaf(tmp_path / "none.eaf").get_tier_names()) == []
