"""Exports of Label Studio (JSON): tasks with what people chose, as rows of a list of images."""

import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_UPLOADED = re.compile(r"(?:.*/)?upload/\d+/(?:[0-9a-f]{8}-)?(.+)")
"""Where Label Studio keeps what was uploaded: it puts eight signs before the name."""
_SAID_BY_MODELS = {"suggestion", "confidence"}
"""What a task may carry beside its picture that no person has said."""


def is_label_studio(value: object) -> bool:
    """Tell whether a JSON value is a list of Label Studio's tasks.

    Example:
        >>> is_label_studio([{"data": {"image": "a.png"}, "annotations": []}])
        True
        >>> is_label_studio([{"image": "a.png", "label": "happy"}])
        False
    """
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(one, dict)
            and isinstance(one.get("data"), dict)
            and one.keys() & {"annotations", "completions", "predictions", "id"}
            for one in value
        )
    )


def rows_of_tasks(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return path, label and other data of each task; what models predicted is left out.

    The label is what more than half of the annotators chose, skipped annotations left out. Where
    there is no such choice there is a row for each choice, so that the contradiction is told; a
    task without one has a row without a label.

    Args:
        tasks: of an export.

    Example:
        >>> chosen = {"type": "choices", "value": {"choices": ["happy"]}}
        >>> task = {"data": {"image": "a.png"}, "annotations": [{"result": [chosen]}]}
        >>> rows_of_tasks([task])
        [{'path': 'a.png', 'label': 'happy'}]
    """
    rows = []
    for task in tasks:
        known = _data(task["data"])
        done = task.get("annotations") or task.get("completions") or []
        said = [one for one in map(_choice, done) if one]
        counts = Counter(said).most_common()
        if not counts:
            rows.append(known)
        elif 2 * counts[0][1] > len(said):
            rows.append({**known, "label": counts[0][0]})
        else:
            rows += [{**known, "label": label} for label, _ in counts]
    return rows


def _data(data: dict[str, Any]) -> dict[str, Any]:
    """Return where a task's picture is, as "path", and what else it carries."""
    plain = {
        name: value
        for name, value in data.items()
        if isinstance(value, str | int | float) and not str(value).startswith("data:")
    }
    texts = (name for name in ("file", "path", "image", "img", *plain) if name in plain)
    place = next((name for name in texts if isinstance(plain[name], str)), None)
    path = "" if place is None else str(plain.pop(place))
    rest = {name: value for name, value in plain.items() if name not in _SAID_BY_MODELS}
    rest.pop("label", None)
    return {"path": _file(path), **rest}


def _file(address: str) -> str:
    """Return the file that an address of Label Studio means.

    Example:
        >>> _file("/data/local-files/?d=faces/a%20b.png"), _file("/data/upload/3/0a1b2c3d-a.png")
        ('faces/a b.png', 'a.png')
    """
    parts = urlsplit(address)
    if parts.path.rstrip("/").endswith("local-files"):
        found = parse_qs(parts.query).get("d")
        return found[0] if found else ""
    uploaded = _UPLOADED.fullmatch(parts.path)
    if uploaded:
        return unquote(uploaded[1])
    return unquote(parts.path) if parts.scheme in ("http", "https", "s3", "gs") else address


def _choice(annotation: object) -> str | None:
    """Return the one thing that an annotator chose; None for none, several, or a skipped task."""
    if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
        return None
    chosen: list[str] = []
    for part in annotation.get("result") or []:
        value = part.get("value") if isinstance(part, dict) else None
        if isinstance(value, dict) and isinstance(value.get("choices"), list):
            chosen += [str(choice) for choice in value["choices"]]
    return chosen[0] if len(chosen) == 1 else None
