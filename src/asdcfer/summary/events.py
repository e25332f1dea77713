"""Events: stretches of time in which a face shows one expression."""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from asdcfer.summary.score_table import Track


class EventOptions(BaseModel):
    """When an event begins and ends.

    Attributes:
        begin: score at which an expression begins, in 0..1.
        end: score under which it ends; lower than `begin`, so that a score that trembles around
            one value makes one event and not many.
        shortest: seconds; shorter events are dropped.
        gap: seconds without a usable face that end an event.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    begin: float = Field(0.5, gt=0, le=1)
    end: float = Field(0.35, ge=0, le=1)
    shortest: float = Field(0.5, ge=0)
    gap: float = Field(0.5, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> "EventOptions":
        if self.end > self.begin:
            raise ValueError("an event must end under the score at which it begins: end <= begin")
        return self


@dataclass(frozen=True)
class Event:
    """One expression of one person, from its beginning to its end.

    Attributes:
        person: whose face.
        file: where.
        expression: the name.
        start, end: seconds from the beginning of the file; end is when the last frame was over.
        mean, peak: of its score.
    """

    person: str
    file: str
    expression: str
    start: float
    end: float
    mean: float
    peak: float

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


def detect_events(
    track: Track, expressions: tuple[str, ...], options: EventOptions | None = None
) -> list[Event]:
    """Return the events of one track, in the order of time; they never overlap.

    An expression begins where its score is the largest and reaches `begin`. It ends where its score
    falls under `end`, another expression begins, or the face is away for longer than `gap`. A
    track without time, as a photo's, has none.

    Args:
        track: scores over time.
        expressions: names of the scores.
        options: see `EventOptions`.

    Example:
        >>> times = np.arange(6) / 2
        >>> happy = np.array([0.1, 0.6, 0.45, 0.7, 0.2, 0.1])
        >>> yes = np.ones(6, bool)
        >>> scores = np.stack([happy, 0.6 * (1 - happy), 0.4 * (1 - happy)], 1)
        >>> track = Track("a", "v.mp4", times, scores, yes, ~yes, 0.5)
        >>> names = ("happy", "sad", "fear")
        >>> [(e.expression, e.start, e.end) for e in detect_events(track, names)]
        [('sad', 0.0, 0.5), ('happy', 0.5, 2.0), ('sad', 2.5, 3.0)]
    """
    o = options or EventOptions()
    found: list[Event] = []
    if track.step <= 0:
        return found
    running: list[int] = []
    showing = -1

    def close(until: float) -> None:
        if running:
            scores = track.scores[running, showing]
            start = float(track.times[running[0]])
            end = min(until, float(track.times[running[-1]]) + track.step)
            # Sums of times carry rounding errors; a second of 30 frames is a second.
            if end - start >= o.shortest - 1e-6:
                name = expressions[showing]
                mean, peak = float(scores.mean()), float(scores.max())
                found.append(Event(track.person, track.file, name, start, end, mean, peak))
            running.clear()

    for frame in np.flatnonzero(track.usable):
        moment, scores = float(track.times[frame]), track.scores[frame]
        strongest = int(scores.argmax())
        begins = scores[strongest] >= o.begin
        away = running and moment - track.times[running[-1]] > max(o.gap, 1.5 * track.step)
        ends = running and (scores[showing] < o.end or (begins and strongest != showing))
        if away or ends:
            close(moment)
        if not running and begins:
            showing = strongest
        if running or begins:
            running.append(int(frame))
    close(np.inf)
    return found
