"""Score tables: the rows of `predict`, read back as one track for each face of each file."""

import csv
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.errors import InputError
from asdcfer.predict.columns import face_columns
from asdcfer.predict.people.names_file import read_people
from asdcfer.predict.table_io import check_table_path, read_table
from asdcfer.recognition.face import STATUS_OK, STATUS_UNCERTAIN

_FIXED = {column.name for column in face_columns((), people=True)}
_NEEDED = {"file", "time", "face", "status"}


@dataclass(frozen=True)
class Track:
    """One face of one file, in the order of time.

    Attributes:
        person: whose face it is.
        file: where it was seen.
        times: float64 (n,), seconds, rising; in photos 0.
        scores: float64 (n,C), probabilities.
        usable: bool (n,), scores that may be believed.
        uncertain: bool (n,), under the confidence that `predict` was asked for.
        step: seconds from frame to frame of the file; 0 in photos.
    """

    person: str
    file: str
    times: np.ndarray
    scores: np.ndarray
    usable: np.ndarray
    uncertain: np.ndarray
    step: float


@dataclass(frozen=True)
class ScoreTable:
    """What a table holds.

    Attributes:
        expressions: names of the scores, C.
        tracks: by file and face.
        files: every file of the table, those without a face among them.
    """

    expressions: tuple[str, ...]
    tracks: tuple[Track, ...]
    files: tuple[str, ...]

    @property
    def people(self) -> dict[str, list[Track]]:
        """Person -> tracks, in the order in which they were first seen."""
        found: dict[str, list[Track]] = {}
        for track in self.tracks:
            found.setdefault(track.person, []).append(track)
        return found


def read_scores(
    path: str | os.PathLike[str],
    names: Mapping[tuple[str, str], str] | None = None,
    people: Mapping[str, str] | None = None,
) -> ScoreTable:
    """Read a table that `predict` wrote.

    Args:
        path: .csv, .tsv, .json, .jsonl or .parquet.
        names: (file, face) -> person, from `read_names`; others are called by file and face.
        people: person of the table -> name, from `read_person_names`; others as the table says.

    Raises:
        InputError: it is missing, no such table, or holds no face; the message names the row.
    """
    path = Path(path)
    check_table_path(path)
    if not path.is_file():
        raise InputError(f"there is no table at {path}; write one with predict and `out`")
    try:
        rows = read_table(path)
    except (OSError, ValueError, TypeError, KeyError, RecursionError, csv.Error) as error:
        why = " ".join(str(error).split())
        raise InputError(f"{path} cannot be read as a table ({why})") from error
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path} holds no rows")
    missing = _NEEDED - set(rows[0])
    expressions = tuple(name for name in rows[0] if name not in _FIXED)
    if missing or not expressions:
        why = f"no column {sorted(missing)[0]}" if missing else "no column of an expression"
        raise InputError(f"{path} is not a table that predict wrote: {why}")
    called = {**_people_of(rows, people or {}), **(names or {})}
    return table_of_rows(rows, expressions, called, path)


def table_of_rows(
    rows: Sequence[Mapping[str, Any]],
    expressions: Sequence[str],
    names: Mapping[tuple[str, str], str] | None = None,
    source: str | os.PathLike[str] = "the table",
) -> ScoreTable:
    """Sort rows by file and face.

    Args:
        rows: as `predict.journal.face_rows` makes them; numbers may be texts, empty ones missing.
        expressions: the columns with scores.
        names: (file, face) -> person; others are called by file and face.
        source: what messages call the table.

    Raises:
        InputError: no row holds a face, or a value is no number; the message names the row.

    Example:
        >>> from asdcfer.predict.journal import face_rows
        >>> from asdcfer.recognition.face import Face
        >>> face = Face((0, 0, 9, 9), None, {"happy": 0.9, "sad": 0.1}, "happy", 0.9)
        >>> list(table_of_rows(face_rows("a.jpg", 0, 0.0, [face]), ("happy", "sad")).people)
        ['face 0']
    """
    tracks: dict[tuple[str, str], list[tuple[float, list[float], str]]] = {}
    times: dict[str, set[float]] = {}
    for number, row in enumerate(rows, 1):
        wanted = ("file",) if row.get("face") in (None, "") else ("file", "status", *expressions)
        if lost := [name for name in wanted if name not in row]:
            raise InputError(f"{source}, row {number}: no column {lost[0]}")
        file = str(row["file"])
        moment = _number(row.get("time"), source, number, "time", 0.0)
        if not math.isfinite(moment):
            raise InputError(f"{source}, row {number}: time is {row['time']!r}, not a moment")
        times.setdefault(file, set()).add(moment)
        if row.get("face") in (None, ""):
            continue
        face = _number(row["face"], source, number, "face", 0.0)
        if not face.is_integer():
            raise InputError(f"{source}, row {number}: face is {row['face']!r}, not a whole number")
        scores = [_number(row[name], source, number, name, math.nan) for name in expressions]
        tracks.setdefault((file, str(int(face))), []).append((moment, scores, str(row["status"])))
    if not tracks:
        raise InputError(f"{source} holds no face; there is nothing to summarize")
    steps = {file: _step(found) for file, found in times.items()}
    alone = len({file for file, _ in tracks}) == 1
    called = names or {}
    return ScoreTable(
        tuple(expressions),
        tuple(
            _track(
                called.get(key, f"face {key[1]}" if alone else f"{key[0]}, face {key[1]}"),
                key[0],
                found,
                steps[key[0]],
            )
            for key, found in tracks.items()
        ),
        tuple(times),
    )


def _people_of(
    rows: Sequence[Mapping[str, Any]], people: Mapping[str, str]
) -> dict[tuple[str, str], str]:
    """Return who each face is where persons were looked for: (file, face) -> name."""
    found = {}
    for row in rows:
        person = row.get("person")
        if person and row.get("face") not in (None, ""):
            key = (str(row["file"]), str(row["face"]))
            found[key] = people.get(str(person)) or str(row.get("name") or person)
    return found


def read_person_names(path: str | os.PathLike[str]) -> dict[str, str] | None:
    """Read a names file of `predict`: person -> name; None where it is of another kind.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            head = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    if not {"person", "name"} <= set(head):
        return None
    return {one.person: one.name for one in read_people(path)}


def read_names(path: str | os.PathLike[str]) -> dict[tuple[str, str], str]:
    """Read who is who: a CSV file with the columns file, face and person.

    Raises:
        InputError: it is missing, a column is, or a face has two names.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read ({error})") from error
    found: dict[tuple[str, str], str] = {}
    for number, row in enumerate(rows, 1):
        try:
            key, person = (row["file"], row["face"].strip()), row["person"].strip()
        except (KeyError, AttributeError):
            raise InputError(
                f"{path}, row {number}: the columns file, face and person are wanted"
            ) from None
        if found.setdefault(key, person) != person:
            raise InputError(
                f"{path}, row {number}: face {key[1]} of {key[0]} is both {found[key]} and {person}"
            )
    return found


def _track(
    person: str, file: str, found: Sequence[tuple[float, list[float], str]], step: float
) -> Track:
    ordered = sorted(found, key=lambda one: one[0])
    scores = np.array([values for _, values, _ in ordered], float)
    known = np.isfinite(scores).all(1)
    states = np.array([status for _, _, status in ordered])
    return Track(
        person,
        file,
        np.array([moment for moment, _, _ in ordered], float),
        scores,
        (states == STATUS_OK) & known,
        states == STATUS_UNCERTAIN,
        step,
    )


def _step(times: set[float]) -> float:
    """Return the median distance of neighboring frames."""
    return float(np.median(np.diff(sorted(times)))) if len(times) > 1 else 0.0


def _number(
    value: Any, source: str | os.PathLike[str], row: int, column: str, empty: float
) -> float:
    if value in (None, ""):
        return empty
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{source}, row {row}: {column} is {value!r}, not a number") from None
