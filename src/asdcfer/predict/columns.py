"""Columns of a table of faces: name, kind, meaning and value, each declared once.

The header of CSV files, the keys of JSON, the types of Parquet, Arrow and pandas, and the table in
the documentation follow from what is here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from asdcfer.recognition.face import UNCERTAIN, Face
from asdcfer.recognition.face_quality import MEASURES

Kind = Literal["text", "whole", "number", "flag", "expression"]
"""Text; whole number; number with a fraction; yes or no; one of the model's expressions."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: in the header.
        kind: of its values; each may be missing.
        meaning: one line for the documentation, with the unit.
        of: its value for a face; None where it belongs to the file or frame.
        choices: what an "expression" may be.
    """

    name: str
    kind: Kind
    meaning: str = ""
    of: Callable[[Face], Any] | None = None
    choices: tuple[str, ...] = ()


def _measure(name: str) -> Callable[[Face], Any]:
    return lambda face: face.quality.value_of(name)


FRAME_COLUMNS = (
    Column("file", "text", "the photo or video, as it was named"),
    Column("frame", "whole", "number of the frame in the file, from 0"),
    Column("time", "number", "seconds on the file's own clock; 0 in photos"),
)
"""What a row says of the file and the frame."""

BEFORE_SCORES = (
    Column(
        "face", "whole", "photo: rank by size, 0 is the largest; video: its track", lambda f: f.id
    ),
    Column("x", "number", "left edge of the box, pixels", lambda f: _pixels(f.box[0])),
    Column("y", "number", "top edge of the box, pixels", lambda f: _pixels(f.box[1])),
    Column("width", "number", "of the box, pixels", lambda f: _pixels(f.box[2])),
    Column("height", "number", "of the box, pixels", lambda f: _pixels(f.box[3])),
)
"""What stands before the probabilities."""

AFTER_SCORES = (
    Column(
        "expression",
        "expression",
        f"the one with the largest probability, or {UNCERTAIN}",
        lambda f: f.expression,
    ),
    Column(
        "confidence", "number", "the largest probability, 0 to 1", lambda f: round(f.confidence, 6)
    ),
    Column(
        "status",
        "text",
        "ok, or why this row is not to be trusted or holds no face",
        lambda f: f.status,
    ),
    *(Column(name, "number", meaning, _measure(name)) for name, meaning in MEASURES.items()),
)
"""What stands after the probabilities."""


PEOPLE_COLUMNS = (
    Column("person", "text", "where persons were joined: who it is, as in the names file"),
    Column("name", "text", "where persons were joined: the name that you gave the person"),
)
"""What stands last where persons were looked for."""


def face_columns(expressions: Sequence[str], people: bool = False) -> tuple[Column, ...]:
    """Return the columns of a table, in order.

    Args:
        expressions: names of the scores; each has a column with its probability.
        people: persons were looked for.

    Example:
        >>> [column.name for column in face_columns(("happy", "sad"))][8:13]
        ['happy', 'sad', 'expression', 'confidence', 'status']
    """
    choices = (*expressions, *(() if UNCERTAIN in expressions else (UNCERTAIN,)))
    scores = (
        Column(name, "number", f"probability of {expression}, 0 to 1")
        for expression, name in score_columns(expressions).items()
    )
    after = (
        Column(c.name, c.kind, c.meaning, c.of, choices if c.kind == "expression" else ())
        for c in AFTER_SCORES
    )
    last = PEOPLE_COLUMNS if people else ()
    return (*FRAME_COLUMNS, *BEFORE_SCORES, *scores, *after, *last)


def column_names(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the names of columns, as in a header."""
    return tuple(column.name for column in columns)


def score_columns(expressions: Sequence[str]) -> dict[str, str]:
    """Return the column of each expression's probability: its name, unless that is another's.

    Example:
        >>> score_columns(("happy", "face"))
        {'happy': 'happy', 'face': 'face (score)'}
    """
    own = (*FRAME_COLUMNS, *BEFORE_SCORES, *AFTER_SCORES, *PEOPLE_COLUMNS)
    taken = {column.name for column in own}
    found = {}
    for name in expressions:
        column = name
        while column in taken or (column != name and column in expressions):
            column += " (score)"
        taken.add(column)
        found[name] = column
    return found


def face_values(face: Face) -> dict[str, Any]:
    """Return what the row of a face says of it, by column.

    Example:
        >>> face = Face((0, 0, 40, 50), None, {"happy": 0.9, "sad": 0.1}, "happy", 0.9)
        >>> row = face_values(face)
        >>> row["width"], row["happy"], row["status"]
        (40.0, 0.9, 'ok')
    """
    column = score_columns(tuple(face.scores))
    return {
        **{c.name: c.of(face) for c in BEFORE_SCORES if c.of is not None},
        **{column[name]: round(score, 6) for name, score in face.scores.items()},
        **{c.name: c.of(face) for c in AFTER_SCORES if c.of is not None},
    }


def _pixels(value: float) -> float:
    return round(float(value), 2)
