"""Sum up answers that the page sends back: the rows, numbers and files that the commands make."""

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.api.summary import Summary, SummaryOutputs, event_row, summarize_table, write_summary
from asdcfer.app.queueing import in_one_line
from asdcfer.app.summary_schemas import (
    EventAnswer,
    PersonAnswer,
    SeenFace,
    SummaryAnswer,
    SummaryFile,
    SummaryRequest,
)
from asdcfer.app.uploads import PREFIX, RefusalError
from asdcfer.predict.columns import Column, face_columns, score_columns
from asdcfer.predict.journal import face_rows
from asdcfer.predict.table_io import write_table
from asdcfer.recognition.face import UNREADABLE, Face
from asdcfer.recognition.face_quality import MEASURES, FaceQuality
from asdcfer.recognition.naming_policy import NamingPolicy
from asdcfer.summary.boris import write_boris
from asdcfer.summary.score_table import ScoreTable, table_of_rows

FILES: dict[SummaryFile, str] = {
    "scores.csv": "text/csv; charset=utf-8",
    "names.csv": "text/csv; charset=utf-8",
    "people.csv": "text/csv; charset=utf-8",
    "events.csv": "text/csv; charset=utf-8",
    "events.eaf": "application/xml; charset=utf-8",
    "events.boris": "application/json",
    "summary.html": "text/html; charset=utf-8",
}
"""Each file and its type."""
NAME_COLUMNS = (
    Column("file", "text", "as in the table of scores"),
    Column("face", "whole", "number of the face in it"),
    Column("person", "text", "who it is"),
)


def summarize(request: SummaryRequest, expressions: Sequence[str]) -> SummaryAnswer:
    """Return persons and events, as `asdcfer summarize` finds them in scores.csv and names.csv.

    Args:
        request: as it came.
        expressions: names of the scores, in the order of tables.

    Raises:
        RefusalError: no face, or scores of other expressions.
    """
    table, found = _summed_up(request, expressions)
    faces: dict[str, list[int]] = {}
    for face, person in _persons(table, request).items():
        faces.setdefault(person, []).append(face)
    return SummaryAnswer(
        people=[_person(row, faces[row["person"]], table.expressions) for row in found.people],
        events=[EventAnswer(**event_row(event)) for event in found.events],
    )


def summary_file(
    request: SummaryRequest,
    expressions: Sequence[str],
    name: SummaryFile,
    folder: Path | None = None,
) -> bytes:
    """Return one of the files.

    Args:
        request: as it came.
        expressions: as in `summarize`.
        name: of the file.
        folder: where it lies for a moment; None takes the system's temporary folder.

    Raises:
        RefusalError: as `summarize`; scores.csv alone may hold no face.
    """
    with (
        in_one_line(),
        tempfile.TemporaryDirectory(
            prefix=PREFIX, dir=folder, ignore_cleanup_errors=True
        ) as temporary,
    ):
        path = Path(temporary) / name
        if name == "scores.csv":
            write_table(path, _rows(request, expressions), face_columns(expressions))
            return path.read_bytes()
        table, found = _summed_up(request, expressions)
        if name == "names.csv":
            write_table(path, _name_rows(table, request), NAME_COLUMNS)
        elif name == "events.boris":
            people = [str(row["person"]) for row in found.people]
            # The name is the reader's word and no path of this machine: nothing is looked up.
            write_boris(path, found.events, table.expressions, people, table.files, linked=False)
        else:
            outputs = SummaryOutputs(
                people=path if name == "people.csv" else None,
                events=path if name.startswith("events.") else None,
                page=path if name == "summary.html" else None,
            )
            write_summary(outputs, table, found)
        return path.read_bytes()


def _summed_up(request: SummaryRequest, expressions: Sequence[str]) -> tuple[ScoreTable, Summary]:
    rows = _rows(request, expressions)
    if not any(frame.faces for frame in request.frames):
        raise RefusalError(422, "no_face", "There is no face to sum up.")
    names = {(request.file, str(face)): person for face, person in request.names.items()}
    with in_one_line():
        table = table_of_rows(rows, tuple(score_columns(expressions).values()), names)
        return table, summarize_table(table, options=request.events)


def _rows(request: SummaryRequest, expressions: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows that `predict` writes of these faces."""
    policy = NamingPolicy(
        expressions=tuple(expressions),
        abstain_below=request.abstain_below,
        max_yaw=request.max_yaw,
        min_sharpness=request.min_sharpness,
    )
    return [
        row
        for frame in request.frames
        for row in face_rows(
            request.file,
            frame.frame,
            frame.time,
            [_face(face, policy) for face in frame.faces],
        )
    ]


def _face(seen: SeenFace, policy: NamingPolicy) -> Face:
    if seen.scores.keys() != set(policy.expressions):
        raise RefusalError(
            422,
            "invalid",
            f"scores: the expressions here are {', '.join(policy.expressions)}.",
        )
    box = (seen.box.x, seen.box.y, seen.box.width, seen.box.height)
    scores = np.array([seen.scores[name] for name in policy.expressions])
    quality = FaceQuality(**{name: getattr(seen, name) for name in MEASURES})
    # What the recognizer could not read stays so: its own limits may be stricter than the page's.
    unreadable = seen.status in UNREADABLE
    status = seen.status if unreadable else policy.readability(math.inf, quality)
    face = Face(box, None, {}, "", 0.0, status=status, quality=quality)
    return policy.named(face, scores, seen.id)


def _person(row: dict[str, Any], faces: list[int], expressions: Sequence[str]) -> PersonAnswer:
    counts = {name: row[name] for name in PersonAnswer.model_fields if name in row}
    share = {name: row[f"share_{name}"] for name in expressions}
    return PersonAnswer(**counts, faces=faces, share=share)


def _persons(table: ScoreTable, request: SummaryRequest) -> dict[int, str]:
    """Return number of a face -> person, of every face that was seen."""
    seen = dict.fromkeys(face.id for frame in request.frames for face in frame.faces)
    return dict(zip(seen, (track.person for track in table.tracks), strict=True))


def _name_rows(table: ScoreTable, request: SummaryRequest) -> list[dict[str, Any]]:
    return [
        {"file": request.file, "face": face, "person": person}
        for face, person in sorted(_persons(table, request).items())
    ]
