"""BORIS: its project holds every event where it was, paired as it asks for."""

import json

import pytest

from asdcfer import api
from asdcfer.summary.boris import write_boris
from asdcfer.summary.events import Event, detect_events
from tests.recognition import standin
from tests.summary.standin import NAMES, table, track


def project_of(path):
    return json.loads(path.read_text(encoding="utf-8"))


def intervals(observation):
    """Pair the entries as BORIS does: each second one of a subject and behavior ends it."""
    opened, found = {}, []
    times = [entry[0] for entry in observation["events"]]
    assert times == sorted(times)
    for time, subject, code, modifier, _, *_ in observation["events"]:
        key = subject, code, modifier
        if key in opened:
            found.append((subject, code, opened.pop(key), time))
        else:
            opened[key] = time
    assert not opened, "an event without an end is analyzed by nobody"
    return sorted(found)


def expected(events):
    return sorted((e.person, e.expression, round(e.start, 3), round(e.end, 3)) for e in events)


def test_events_are_read_back_where_they_were(tmp_path):
    events = [
        *detect_events(track("hhhhsssshhhh"), NAMES),
        *detect_events(track("nnnn.hhh", person="Zoë & <b>"), NAMES),
    ]
    people = ("a", "Zoë & <b>", "nobody")
    write_boris(tmp_path / "e.boris", events, NAMES, people, ("v.mp4", "w.mp4"))
    project = project_of(tmp_path / "e.boris")
    assert intervals(project["observations"]["v.mp4"]) == expected(events)
    assert project["observations"]["w.mp4"]["events"] == []
    assert [one["name"] for one in project["subjects_conf"].values()] == list(people)
    comments = [entry[4] for entry in project["observations"]["v.mp4"]["events"] if entry[4]]
    assert comments == ["mean 0.80, peak 0.80"] * len(events)


def test_the_project_has_the_documented_fields(tmp_path):
    """Of the format 7.0, as BORIS writes it."""
    write_boris(tmp_path / "e.boris", [], ("sad", "surprise", "own|class "), ("a",), ("v.mp4",))
    project = project_of(tmp_path / "e.boris")
    assert project["project_format_version"] == "7.0"
    assert project.keys() == {
        *("time_format", "project_date", "project_name", "project_description"),
        *("project_format_version", "subjects_conf", "behaviors_conf", "observations"),
        *("behavioral_categories", "independent_variables", "coding_map"),
        *("behaviors_coding_map", "converters"),
    }
    behaviors = list(project["behaviors_conf"].values())
    assert {tuple(one) for one in behaviors} == {
        (
            *("type", "key", "code", "description", "color", "category", "modifiers", "excluded"),
            "coding map",
        )
    }
    assert [(one["key"], one["code"]) for one in behaviors] == [
        ("s", "sad"),
        ("u", "surprise"),
        ("o", "own/class"),
    ]
    assert {one["type"] for one in behaviors} == {"State event"}
    (observation,) = project["observations"].values()
    assert observation["type"] == "LIVE"
    assert observation["file"] == []


def test_keys_are_of_one_expression_each(tmp_path):
    many = tuple(f"class {number}" for number in range(60))
    write_boris(tmp_path / "e.boris", [], many, ("a",), ())
    keys = [one["key"] for one in project_of(tmp_path / "e.boris")["behaviors_conf"].values()]
    assert len([key for key in keys if key]) == len({key for key in keys if key}) == 36


def test_two_faces_under_one_name_make_one_event(tmp_path):
    """Events of one subject and behavior that overlap would end each other."""
    spans = [(0.0, 2.0), (1.0, 3.0), (3.0, 4.0), (6.0, 7.0)]
    events = [Event("a", "v.mp4", "happy", start, end, 0.8, 0.9) for start, end in spans]
    write_boris(tmp_path / "e.boris", events, NAMES, ("a",), ("v.mp4",))
    (observation,) = project_of(tmp_path / "e.boris")["observations"].values()
    assert intervals(observation) == [("a", "happy", 0.0, 4.0), ("a", "happy", 6.0, 7.0)]


def test_a_video_that_is_there_can_be_played(tmp_path, monkeypatch):
    clip = standin.write_video(tmp_path / "v.mp4", standin.moving_frames(10))
    events = [Event("a", str(clip), "happy", 0.08, 0.32, 0.8, 0.9)]
    write_boris(tmp_path / "e.boris", events, NAMES, ("a",), (str(clip),))
    (observation,) = project_of(tmp_path / "e.boris")["observations"].values()
    assert observation["type"] == "MEDIA"
    assert observation["file"]["1"] == ["v.mp4"], "by the project's folder, so that both can move"
    info = observation["media_info"]
    assert info["length"] == {"v.mp4": pytest.approx(0.4)}
    assert info["fps"] == {"v.mp4": 25}
    assert info["hasAudio"] == {"v.mp4": False}
    assert [entry[5] for entry in observation["events"]] == [2, 8]
    write_boris(tmp_path / "elsewhere" / "e.boris", events, NAMES, ("a",), (str(clip),))
    (observation,) = project_of(tmp_path / "elsewhere" / "e.boris")["observations"].values()
    assert observation["file"]["1"] == [str(clip)]
    write_boris(tmp_path / "e.boris", events, NAMES, ("a",), (str(clip),), linked=False)
    (observation,) = project_of(tmp_path / "e.boris")["observations"].values()
    assert (observation["type"], observation["file"]) == ("LIVE", [])


def test_summarize_writes_it(tmp_path):
    path = table(tmp_path / "t.csv", {("v.mp4", 0): "hhhhssss", ("v.mp4", 1): "nnnn"})
    found = api.summarize(path, api.SummaryOutputs(events=tmp_path / "e.boris"))
    project = project_of(tmp_path / "e.boris")
    assert intervals(project["observations"]["v.mp4"]) == expected(found.events)
    assert [one["name"] for one in project["subjects_conf"].values()] == ["face 0", "face 1"]
