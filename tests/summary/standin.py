"""Tracks and tables of made scores."""

from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.predict.columns import face_columns
from asdcfer.predict.table_io import write_table
from asdcfer.summary.score_table import Track

NAMES = ("happy", "sad", "neutral")


def track(strongest: str, step: float = 0.25, person: str = "a", top: float = 0.8) -> Track:
    """Return a track from one letter a frame: h, s, n; upper case is uncertain, a dot is away."""
    frames = [(i, letter) for i, letter in enumerate(strongest) if letter != "."]
    scores = np.full((len(frames), 3), (1 - top) / 2)
    for row, (_, letter) in enumerate(frames):
        scores[row, "hsn".index(letter.lower())] = top
    usable = np.array([letter.islower() for _, letter in frames])
    times = np.array([i * step for i, _ in frames], float)
    return Track(person, "v.mp4", times, scores, usable, ~usable, step)


def table(path: Path, faces: dict[tuple[str, int], str], step: float = 0.25) -> Path:
    """Write a table as predict writes it, one string of letters for each (file, face)."""
    rows: list[dict[str, Any]] = []
    for (file, face), letters in faces.items():
        made = track(letters, step)
        for moment, scores, fine in zip(made.times, made.scores, made.usable, strict=True):
            rows.append(
                {
                    "file": file,
                    "frame": round(moment / step),
                    "time": moment,
                    "face": face,
                    **dict(zip(NAMES, scores.round(6).tolist(), strict=True)),
                    "expression": NAMES[int(scores.argmax())] if fine else "uncertain",
                    "confidence": float(scores.max()),
                    "status": "ok" if fine else "uncertain",
                }
            )
    write_table(path, rows, face_columns(NAMES))
    return path
