"""Names file: one row a person, in which the user renames persons and joins them by one name."""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asdcfer.errors import InputError
from asdcfer.predict.columns import Column
from asdcfer.predict.journal import legible
from asdcfer.predict.table_io import write_table

COLUMNS = (
    Column("person", "text", "as in the table"),
    Column("name", "text", "yours to change; persons of one name are one"),
    Column("tracks", "whole", "how many were joined"),
    Column("frames", "whole", "in which the person was seen"),
    Column("first_seen", "number", "seconds from the beginning of the file"),
    Column("file", "text", "where the person was first seen"),
    Column("face", "whole", "the face in that file"),
    Column("example", "text", "a picture, beside the names file"),
)
"""Columns of a names file."""


@dataclass(frozen=True)
class Person:
    """One row.

    Attributes:
        person: "person 1", ...
        name: the user's, or the same.
        tracks: how many were joined.
        frames: in which the person was seen.
        first_seen: seconds.
        file: where the person was first seen.
        face: which face of that file.
        example: path of a picture, from the folder of the names file.
    """

    person: str
    name: str
    tracks: int
    frames: int
    first_seen: float
    file: str
    face: int
    example: str = ""


def read_people(path: str | os.PathLike[str]) -> list[Person]:
    """Read a names file.

    Raises:
        InputError: it cannot be read, or is no names file.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    found = []
    for number, row in enumerate(rows, 1):
        try:
            face = int(float(row["face"]))
            person, name, file_ = row["person"].strip(), (row["name"] or "").strip(), row["file"]
            tracks, frames = (int(float(row.get(key) or 0)) for key in ("tracks", "frames"))
            seen = float(row.get("first_seen") or 0)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise InputError(
                f"{path}, row {number}: a names file has the columns person, name, file and face "
                "(a number); predict writes one with `people`"
            ) from None
        example = row.get("example") or ""
        found.append(Person(person, name or person, tracks, frames, seen, file_, face, example))
    return found


def write_people(path: str | os.PathLike[str], people: Sequence[Person]) -> None:
    """Write a names file, whole or not at all."""
    rows = [{column.name: getattr(person, column.name) for column in COLUMNS} for person in people]
    for row in rows:
        row["file"] = legible(row["file"])
    write_table(Path(path), rows, COLUMNS)
