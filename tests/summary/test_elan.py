"""ELAN: another program's reader finds every event where it was."""

import pytest
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
    (linked,) = read.get_linked_files()
    assert linked["RELATIVE_MEDIA_URL"] == "./v.mp4", "played where it lies beside the annotations"
    assert linked["MIME_TYPE"] == "video/mp4"


def test_files_are_told_apart_and_nothing_is_a_file_as_well(tmp_path):
    events = [Event("a", file, "happy", 0.0, 1.0, 0.9, 0.9) for file in ("x.mp4", "y.mp4")]
    write_elan(tmp_path / "events.eaf", events)
    read = Eaf(tmp_path / "events.eaf")
    assert set(read.get_tier_names()) == {"a (x.mp4)", "a (y.mp4)"}
    assert read.get_linked_files() == [], "two recordings do not play at once"
    write_elan(tmp_path / "none.eaf", [])
    assert list(Eaf(tmp_path / "none.eaf").get_tier_names()) == []


@pytest.mark.parametrize("file", ["in/a b.mp4", "C:\\in\\a b.mp4", "a b.mp4"])
def test_a_video_is_linked_by_its_name_alone(tmp_path, file):
    write_elan(tmp_path / "events.eaf", [Event("a", file, "happy", 0.0, 1.0, 0.9, 0.9)])
    (linked,) = Eaf(tmp_path / "events.eaf").get_linked_files()
    assert linked["MEDIA_URL"] == "./a b.mp4"
