"""Persons of a finished run: who is in which row, the names file, and a picture of each."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.errors import InputError
from asdcfer.files import atomic_write
from asdcfer.predict.people.find_people import People, find_people
from asdcfer.predict.people.names_file import read_people, write_people
from asdcfer.predict.people.track_features import picture_of


def check_names_path(path: Path) -> None:
    """Raise InputError unless a names file can be written there, and what is there is one."""
    if path.suffix.lower() != ".csv":
        raise InputError(f"{path} must end in .csv: it is a table for you to edit")
    if path.exists():
        read_people(path)


def name_people(
    path: Path,
    tracks: Iterable[dict[str, Any]],
    vectors: Callable[[np.ndarray], np.ndarray],
) -> People:
    """Find persons, write their names file, and a picture of each into a folder beside it.

    Args:
        path: of the names file; names in one that is there are kept, those of other files too.
        tracks: of all files, see `TrackFeatures.finish`.
        vectors: of `FaceLikeness`.

    Raises:
        InputError: what is there is no names file, or there are too many tracks.
    """
    known = read_people(path) if path.exists() else []
    found = find_people(list(tracks), vectors, known)
    folder = path.with_name(f"{path.stem}_pictures")
    people = []
    for person, line in zip(found.people, found.examples, strict=True):
        picture = folder / f"{person.person}.jpg"
        with atomic_write(picture) as temporary:
            temporary.write_bytes(picture_of(line))
        people.append(replace(person, example=f"{folder.name}/{picture.name}"))
    # Persons of other files stay: the names are the user's work.
    here = {person.person for person in people}
    write_people(path, [*people, *(one for one in known if one.person not in here)])
    return replace(found, people=tuple(people))


def with_people(rows: Iterable[dict[str, Any]], people: People) -> Iterator[dict[str, Any]]:
    """Yield rows with `person` and `name`; those without a face as they are."""
    for row in rows:
        place = people.of.get((row["file"], row.get("face", -1)))
        if place is None:
            yield row
        else:
            person = people.people[place]
            yield {**row, "person": person.person, "name": person.name}
