"""Persons, shares of time and events from the rows that `predict` writes; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.summary.baseline import neutral_changes as neutral_changes
    from asdcfer.summary.events import Event as Event
    from asdcfer.summary.events import EventOptions as EventOptions
    from asdcfer.summary.events import detect_events as detect_events
    from asdcfer.summary.people import summarize_person as summarize_person
    from asdcfer.summary.score_table import ScoreTable as ScoreTable
    from asdcfer.summary.score_table import Track as Track
    from asdcfer.summary.score_table import read_scores as read_scores

_MODULES = {
    "Event": "asdcfer.summary.events",
    "EventOptions": "asdcfer.summary.events",
    "ScoreTable": "asdcfer.summary.score_table",
    "Track": "asdcfer.summary.score_table",
    "detect_events": "asdcfer.summary.events",
    "neutral_changes": "asdcfer.summary.baseline",
    "read_scores": "asdcfer.summary.score_table",
    "summarize_person": "asdcfer.summary.people",
}
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
