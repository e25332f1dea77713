"""How rows of `predict` are printed: a table of one line a face, or JSON."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asdcfer.predict.face_table import FaceTable
    from asdcfer.recognition.video import Frame

_MOST_LINES = 40
_ODD = ("error", "broken off")


@dataclass
class _Line:
    """One line of the table: a face of a photo, or a face of a video over all its frames."""

    file: str
    face: int | None
    frames: int = 0
    first: float = 0.0
    last: float = 0.0
    box: str = ""
    statuses: Counter[str] = field(default_factory=Counter)
    odd: bool = False
    expressions: Counter[str] = field(default_factory=Counter)
    confidence: float = 0.0


def print_json(table: "FaceTable") -> None:
    """Print the rows as one JSON list, row by row."""
    from asdcfer.console import prints_every_letter

    escaped = not prints_every_letter()
    print("[", end="")
    for number, row in enumerate(table):
        print("," * bool(number) + "\n " + json.dumps(row, ensure_ascii=escaped), end="")
    print("\n]")


def print_frame(file: str, frame: "Frame") -> None:
    """Print one frame of a live picture as a line of JSON, at once."""
    from asdcfer.console import prints_every_letter
    from asdcfer.predict.columns import face_values

    row = {
        "file": file,
        "frame": frame.index,
        "time": round(frame.time, 4),
        "faces": [face_values(face) for face in frame.faces],
    }
    print(json.dumps(row, ensure_ascii=not prints_every_letter()), flush=True)


def print_table(faces: "FaceTable") -> None:
    """Print one line a face.

    Of a photo it tells the answer, of a video the most frequent expression and when it was seen.
    """
    from rich.markup import escape
    from rich.table import Table

    from asdcfer.console import table_console
    from asdcfer.predict.journal import legible

    lines = _lines(faces)
    timed = any(line.frames > 1 for line in lines)
    table = Table(box=None, pad_edge=False)
    for name in (
        "file",
        "face",
        "expression",
        "confidence",
        *(("frames", "seconds") if timed else ("box in pixels",)),
        "status",
    ):
        table.add_column(
            name,
            justify="right" if name in ("face", "confidence", "frames") else "left",
            overflow="fold",
        )
    for line in lines[:_MOST_LINES]:
        expression, hits = line.expressions.most_common(1)[0] if line.expressions else ("", 0)
        share = (
            f" ({hits / line.frames:.0%} of frames)"
            if line.frames > 1 and hits < line.frames
            else ""
        )
        confidence = f"{line.confidence / line.frames:.0%}" if line.expressions else ""
        middle = (
            (line.box,)
            if not timed
            else ("", "")
            if line.odd
            else (str(line.frames), f"{line.first:.1f} to {line.last:.1f}")
        )
        face = "" if line.face is None else str(line.face)
        table.add_row(
            escape(legible(line.file)),
            face,
            escape(expression + share),
            confidence,
            *middle,
            escape(legible(line.statuses.most_common(1)[0][0])),
        )
    console = table_console(240)
    console.print(table)
    if len(lines) > _MOST_LINES:
        print(f"... and {len(lines) - _MOST_LINES:,} more; write them all with --out results.csv")


def _lines(faces: "FaceTable") -> list[_Line]:
    lines: dict[tuple[str, Any], _Line] = {}
    for row in faces:
        odd = row["status"].startswith(_ODD)
        face = row["face"]
        line = lines.setdefault(
            (row["file"], "odd" if odd else face),
            _Line(row["file"], face, first=row["time"] or 0.0, odd=odd),
        )
        line.frames += 1
        line.last = row["time"] or 0.0
        line.statuses[row["status"]] += 1
        if face is not None:
            line.box = f"{row['x']:.0f}, {row['y']:.0f}, {row['width']:.0f} x {row['height']:.0f}"
            line.expressions[row["expression"]] += 1
            line.confidence += row["confidence"]
    return list(lines.values())
