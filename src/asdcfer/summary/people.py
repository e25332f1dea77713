"""People: shares of time, means and rates of one person's expressions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from asdcfer.predict.columns import Column
from asdcfer.summary.events import Event
from asdcfer.summary.score_table import Track


def summarize_person(
    person: str, tracks: Sequence[Track], expressions: Sequence[str], events: Sequence[Event]
) -> dict[str, Any]:
    """Return one person's row.

    Args:
        person: the name.
        tracks: all of the person's tracks.
        expressions: names of the scores.
        events: of this person.

    Returns:
        person, files, frames, usable, uncertain, other (frames; they sum to frames; others are too
        small, turned away or blurred), seconds (of usable face); then for each expression
        share_NAME (of the usable frames in which it is the strongest; they sum to 1), mean_NAME,
        sd_NAME (of the score), events_NAME and per_minute_NAME (events a minute of usable face).
        None where there is nothing to say.

    Example:
        >>> yes = np.ones(4, bool)
        >>> scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
        >>> track = Track("a", "v.mp4", np.arange(4) / 4, scores, yes, ~yes, 0.25)
        >>> row = summarize_person("a", [track], ("happy", "sad"), [])
        >>> row["seconds"], row["share_happy"], row["mean_sad"]
        (1.0, 0.75, 0.35)
    """
    frames = sum(len(track.times) for track in tracks)
    usable = sum(int(track.usable.sum()) for track in tracks)
    uncertain = sum(int(track.uncertain.sum()) for track in tracks)
    seconds = sum(float(track.usable.sum()) * track.step for track in tracks)
    row: dict[str, Any] = {
        "person": person,
        "files": len({track.file for track in tracks}),
        "frames": frames,
        "usable": usable,
        "uncertain": uncertain,
        "other": frames - usable - uncertain,
        "seconds": round(seconds, 3),
    }
    scores = np.concatenate([track.scores[track.usable] for track in tracks])
    weights = np.concatenate(
        [np.full(int(track.usable.sum()), track.step or 1.0) for track in tracks]
    )
    shares, means, deviations = _moments(scores, weights, len(expressions))
    for index, name in enumerate(expressions):
        count = sum(event.expression == name for event in events)
        row[f"share_{name}"] = shares[index]
        row[f"mean_{name}"] = means[index]
        row[f"sd_{name}"] = deviations[index]
        row[f"events_{name}"] = count if seconds else None
        row[f"per_minute_{name}"] = round(60 * count / seconds, 4) if seconds else None
    return row


def person_columns(row: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns of a table of persons, in the order of a row of it.

    Example:
        >>> [c.kind for c in person_columns({"person": "a", "frames": 4, "share_happy": None})]
        ['text', 'whole', 'number']
    """
    whole = ("files", "frames", "usable", "uncertain", "other")
    return tuple(
        Column(
            name,
            "text"
            if name == "person"
            else "whole"
            if name in whole or name.startswith("events_")
            else "number",
        )
        for name in row
    )


def _moments(
    scores: np.ndarray, weights: np.ndarray, count: int
) -> tuple[list[float | None], list[float | None], list[float | None]]:
    """Return share, mean and deviation of each expression; frames of slow videos weigh more."""
    if not len(scores):
        nothing: list[float | None] = [None] * count
        return nothing, nothing, nothing
    part = weights / weights.sum()
    shares = np.bincount(scores.argmax(1), part, minlength=count)
    means = part @ scores
    deviations = np.sqrt(part @ (scores - means) ** 2)
    return _rounded(shares), _rounded(means), _rounded(deviations)


def _rounded(values: np.ndarray) -> list[float | None]:
    return [round(float(value), 6) for value in values]
