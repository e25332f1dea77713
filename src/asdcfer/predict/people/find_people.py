"""Persons of a video or a folder: tracks that look alike and are never seen at one moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from asdcfer.errors import InputError
from asdcfer.predict.journal import legible
from asdcfer.predict.people.average_linkage import average_linkage
from asdcfer.predict.people.names_file import Person
from asdcfer.predict.people.track_features import feature_of

JOINED_UNDER = 0.35
"""Mean cosine distance under which tracks are joined; chosen in docs/results/people.md."""
MOST_TRACKS = 10_000
"""More would need gigabytes: each is compared with each."""

Key = tuple[str, int]
"""File and face."""


@dataclass(frozen=True)
class People:
    """Who is who.

    Attributes:
        people: rows of a names file, in the order in which they were first seen.
        of: file and face -> row of `people`.
        examples: for each person the line of its best-seen track.
    """

    people: tuple[Person, ...]
    of: dict[Key, int]
    examples: tuple[dict[str, Any], ...]


def find_people(
    tracks: Sequence[dict[str, Any]],
    vectors: Callable[[np.ndarray], np.ndarray],
    known: Sequence[Person] = (),
    threshold: float = JOINED_UNDER,
) -> People:
    """Join tracks into persons.

    Two faces of one frame are never joined. Nor are persons to whom the user gave two names,
    whatever they look like. A person of an earlier names file is known again by the face that the
    file names, and keeps number and name.

    Args:
        tracks: lines of `TrackFeatures.finish`, of all files.
        vectors: from mean features (T,D) to unit vectors, `FaceLikeness.vectors`.
        known: of an earlier names file.
        threshold: largest mean cosine distance at which tracks are joined.

    Raises:
        InputError: more than 10,000 tracks.
    """
    if len(tracks) > MOST_TRACKS:
        raise InputError(
            f"{len(tracks):,} tracks are more than the {MOST_TRACKS:,} that can be joined; name "
            "fewer files, or raise `min_face`"
        )
    if not tracks:
        return People((), {}, ())
    places = {(line["file"], line["track"]): place for place, line in enumerate(tracks)}
    apart = {
        (place, places[line["file"], other])
        for place, line in enumerate(tracks)
        for other in line["seen_with"]
        if (line["file"], other) in places
    }
    earlier = {(person.file, person.face): person for person in known}
    again = {
        place: earlier[key]
        for place, line in enumerate(tracks)
        if (key := (legible(line["file"]), line["track"])) in earlier
    }
    # Persons whom nobody named may be joined by what more files show.
    given = {place: one.name for place, one in again.items() if one.name != one.person}
    apart |= {(a, b) for a in given for b in given if given[a] != given[b]}
    unit = vectors(np.stack([feature_of(line) for line in tracks]))
    groups = average_linkage(1 - unit @ unit.T, threshold, apart)
    taken = {one.person for one in known} | {one.name for one in known}
    return _people(tracks, groups, again, taken)


def _people(
    tracks: Sequence[dict[str, Any]], groups: np.ndarray, again: dict[int, Person], taken: set[str]
) -> People:
    people: list[Person] = []
    examples = []
    free = (name for n in count(1) if (name := f"person {n}") not in taken)
    for group in range(int(groups.max()) + 1):
        own = np.flatnonzero(groups == group).tolist()
        before = [place for place in own if place in again]
        # One that the user named goes before one that nobody named.
        before.sort(key=lambda place: again[place].name == again[place].person)
        person = again[before[0]].person if before else next(free)
        name = again[before[0]].name if before else person
        first = tracks[before[0] if before else own[0]]
        lines = [tracks[place] for place in own]
        frames = sum(line["frames"] for line in lines)
        where = (first["first"], first["file"], first["track"])
        people.append(Person(person, name, len(own), frames, *where))
        examples.append(max(lines, key=lambda line: line["frames"]))
    of = {(line["file"], line["track"]): int(g) for line, g in zip(tracks, groups, strict=True)}
    return People(tuple(people), of, tuple(examples))
