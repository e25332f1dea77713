"""BORIS: events as a project of the observation software of that name.

BORIS opens the file, shows the events beside each video, and imports its observations into another
project (File > Open project, Observations > Import observations).
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asdcfer.errors import InputError
from asdcfer.files import atomic_write
from asdcfer.recognition.palette import looks
from asdcfer.recognition.video_source import VideoHeader, header_of, open_video
from asdcfer.summary.events import Event

FORMAT = "7.0"
"""Of project files; BORIS 7, 8 and 9 read it."""
_DATE = "1970-01-01T00:00:00"
_KEYS = "abcdefghijklmnopqrstuvwxyz0123456789"
"""Keys by which a person codes an expression in BORIS."""


def write_boris(
    path: str | os.PathLike[str],
    events: Sequence[Event],
    expressions: Sequence[str],
    people: Sequence[str],
    files: Sequence[str],
    linked: bool = True,
) -> None:
    """Write events as .boris: expressions are behaviors, persons subjects, files observations.

    Each expression is a state event, with one entry where it begins and one where it ends; the
    first carries mean and peak of its score as a comment. Times are rounded to milliseconds.

    Args:
        path: ends in .boris.
        events: of any number of persons; those of one person and expression that overlap, as of two
            faces under one name, become one.
        expressions: names of the scores, all of them; also those without an event.
        people: names, all of them.
        files: that were observed; a video that is there can be played beside its events.
        linked: look whether they are there; False where the names are a stranger's.

    Source: the project format 7.0 of BORIS, Behavioral Observation Research Interactive Software.
    """
    path = Path(path)
    colors = looks(expressions)
    names = {person: _without_bars(person) for person in people}
    project = {
        "time_format": "hh:mm:ss",
        "project_date": _DATE,
        "project_name": path.stem,
        "project_description": "Facial expressions recognized by asdcfer.",
        "project_format_version": FORMAT,
        "subjects_conf": {
            str(number): {"key": "", "name": name, "description": ""}
            for number, name in enumerate(names.values())
        },
        "behaviors_conf": {
            str(number): {
                "type": "State event",
                "key": key,
                "code": _without_bars(name),
                "description": f"the face shows {name}",
                "color": colors[name].light,
                "category": "",
                "modifiers": {},
                "excluded": "",
                "coding map": "",
            }
            for number, (name, key) in enumerate(_keys(expressions).items())
        },
        "observations": {
            _without_bars(file): _observation(
                path.parent if linked else None,
                file,
                [event for event in events if event.file == file],
            )
            for file in files
        },
        "behavioral_categories": [],
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(project, indent=1), encoding="utf-8")


def _observation(folder: Path | None, file: str, events: Sequence[Event]) -> dict[str, Any]:
    """Return a file and its events; without its video it is called a live observation.

    Args:
        folder: of the project; None leaves the video alone.
        file: its name.
        events: in it.
    """
    found: dict[str, Any] = {
        "date": _DATE,
        "description": file,
        "time offset": 0.0,
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
    }
    header, sounds = (None, False) if folder is None else _video(file)
    if folder is None or header is None or header.seconds is None:
        live = {"type": "LIVE", "file": [], "media_info": {"offset": {}}, "scan_sampling_time": 0}
        return found | live | {"events": _entries(events)}
    media = os.path.relpath(file, folder)
    if media.startswith(os.pardir):
        media = os.path.abspath(file)
    rate = header.rate or 0.0
    return found | {
        "type": "MEDIA",
        "file": {str(player): [media] if player == 1 else [] for player in range(1, 9)},
        "media_info": {
            "length": {media: round(header.seconds, 3)},
            "fps": {media: round(rate, 3)},
            "hasVideo": {media: True},
            "hasAudio": {media: sounds},
            "offset": {"1": 0.0},
        },
        "events": [
            [*entry, round(entry[0] * rate) if rate else "NA"] for entry in _entries(events)
        ],
    }


def _video(file: str) -> tuple[VideoHeader | None, bool]:
    """Return what a video's header says, None where there is no video, and whether it has sound."""
    try:
        container, stream = open_video(file)
    except (InputError, OSError, ValueError):
        return None, False
    with container:
        return header_of(container, stream), bool(container.streams.audio)


def _entries(events: Sequence[Event]) -> list[list[Any]]:
    """Return begin and end of events, by time: seconds, subject, behavior, modifier, comment."""
    joined: list[tuple[Event, float]] = []
    for event in sorted(events, key=lambda one: (one.person, one.expression, one.start)):
        if joined:
            first, end = joined[-1]
            same = (first.person, first.expression) == (event.person, event.expression)
            if same and event.start <= end:
                joined[-1] = first, max(end, event.end)
                continue
        joined.append((event, event.end))
    entries = []
    for event, end in joined:
        what = [_without_bars(event.person), _without_bars(event.expression), ""]
        entries.append(
            [round(event.start, 3), *what, f"mean {event.mean:.2f}, peak {event.peak:.2f}"]
        )
        entries.append([round(end, 3), *what, ""])
    # Where one begins as another ends, the end comes first.
    return sorted(entries, key=lambda entry: (entry[0], entry[-1] != ""))


def _keys(expressions: Sequence[str]) -> dict[str, str]:
    """Return a key for each expression: a letter of its name where one is free.

    Example:
        >>> _keys(("sad", "surprise", "s"))
        {'sad': 's', 'surprise': 'u', 's': 'a'}
    """
    taken: dict[str, str] = {}
    for name in expressions:
        letters = [letter for letter in name.lower() if letter in _KEYS]
        free = [letter for letter in (*letters, *_KEYS) if letter not in taken.values()]
        taken[name] = free[0] if free else ""
    return taken


def _without_bars(name: str) -> str:
    """Return a name as BORIS takes it: without bars, and without spaces around it."""
    return name.replace("|", "/").strip() or "_"
