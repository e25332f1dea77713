"""Persons: look-alikes are joined unless seen at once; names of the user hold from run to run."""

from dataclasses import replace
from functools import partial

import pytest

from asdcfer.errors import InputError
from asdcfer.predict.people import find_people as module
from tests.predict.people.standin import GrayLikeness, line

vectors = GrayLikeness.vectors
find_people = partial(module.find_people, threshold=0.3)
TRACKS = [line("a", 0, 0.1), line("a", 1, 0.9), line("b", 0, 0.12), line("b", 1, 0.5)]


def names(people, tracks=TRACKS):
    return [people.people[people.of[one["file"], one["track"]]].name for one in tracks]


def test_look_alikes_of_all_files_are_one_person():
    found = find_people(TRACKS, vectors)
    assert names(found) == ["person 1", "person 2", "person 1", "person 3"]
    first = found.people[0]
    assert (first.tracks, first.frames, first.file, first.face) == (2, 6, "a", 0)
    assert find_people([], vectors).people == ()


def test_two_faces_of_one_frame_are_never_one_person():
    twins = [line("a", 0, 0.1, (1,)), line("a", 1, 0.1, (0,)), line("b", 0, 0.1)]
    found = find_people(twins, vectors)
    assert len(found.people) == 2
    assert found.of["a", 0] != found.of["a", 1]
    # The same numbers in another file are other faces.
    other = [line("a", 0, 0.1, (1,)), line("b", 1, 0.1)]
    assert len(find_people(other, vectors).people) == 1


def test_names_stay_and_persons_of_one_name_are_one():
    before = find_people(TRACKS, vectors).people
    known = [replace(before[0], name="Ann"), before[1], replace(before[2], name="Ann")]
    found = find_people(TRACKS, vectors, known)
    assert names(found) == ["Ann", "person 2", "Ann", "Ann"]
    assert [one.person for one in found.people] == ["person 1", "person 2", "person 3"]
    assert find_people(TRACKS, vectors, found.people).people == found.people, "and so on"


def test_persons_of_two_names_are_two_even_if_they_look_alike():
    known = [
        replace(find_people(TRACKS, vectors).people[0], name="Ann"),
        replace(find_people([TRACKS[2]], vectors).people[0], person="person 9", name="Bob"),
    ]
    found = find_people(TRACKS, vectors, known)
    assert names(found)[0] == "Ann"
    assert names(found)[2] == "Bob"


def test_more_files_change_no_number_that_was_given():
    known = find_people(TRACKS, vectors).people
    more = [line("0", 0, -0.3), *TRACKS]
    found = find_people(more, vectors, known)
    by = {(one.file, one.face): one.person for one in found.people}
    assert by == {
        ("0", 0): "person 4",
        ("a", 0): "person 1",
        ("a", 1): "person 2",
        ("b", 1): "person 3",
    }


def test_too_many_tracks_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_TRACKS", 3)
    with pytest.raises(InputError, match="4 tracks are more than the 3"):
        find_people(TRACKS, vectors)
