"""Lists of images in JSON, in the forms that people and tools write them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from asdcfer.data.datasets.label_studio_export import is_label_studio, rows_of_tasks
from asdcfer.errors import DataError
from asdcfer.plain_json import from_json

_OF_LISTS = ("labels", "data", "images", "annotations", "samples", "items", "records", "rows")
"""Names under which a JSON object holds its list."""


def json_records(file: Path, text: str) -> Iterator[tuple[int, object]]:
    """Yield number and named values of each image of a JSON text.

    Understood are: a list of objects or of pairs; {name: label}; {name: {"label": ...}};
    {"data": [...]}; {"train": [...], "test": [...]}; {label: [names]}; and columns, as lists or as
    pandas writes them; and exports of Label Studio.

    Raises:
        DataError: it is no JSON, or no list of images.
    """
    try:
        value = from_json(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: no JSON ({error})") from error
    if isinstance(value, dict):
        value = _of_object(value)
    if is_label_studio(value):
        value = rows_of_tasks(value)
    if not isinstance(value, list):
        raise DataError(f"{file}: expected a JSON list of images")
    for number, one in enumerate(value, 1):
        if isinstance(one, list):
            one = {"path": one[0], "label": one[1]} if len(one) == 2 else None
        yield number, one


def _of_object(value: Mapping[str, Any]) -> list[Any]:
    for name in _OF_LISTS:
        if isinstance(value.get(name), list):
            return list(value[name])
    parts = list(value.values())
    if parts and all(isinstance(part, list) for part in parts):
        if any(isinstance(one, dict) for part in parts for one in part):
            # By split, or by another name that holds for all of its images.
            return [
                {"split": name, **one} if isinstance(one, dict) else one
                for name, part in value.items()
                for one in part
            ]
        if len({len(part) for part in parts}) == 1 and not _all_paths(parts):
            return [dict(zip(value, row, strict=True)) for row in zip(*parts, strict=True)]
        return [[path, label] for label, part in value.items() for path in part]
    if len(parts) > 1 and all(isinstance(part, dict) for part in parts):
        keys = [list(part) for part in parts]
        if keys[0] and all(own == keys[0] for own in keys) and _counts(keys[0]):
            return [{name: part[key] for name, part in value.items()} for key in keys[0]]
    return [
        {"path": name, **one} if isinstance(one, dict) else [name, one]
        for name, one in value.items()
    ]


def _all_paths(parts: list[list[Any]]) -> bool:
    """Whether every value of every list is a name with a suffix: the images of a label."""
    return all(isinstance(one, str) and "." in one for part in parts for one in part)


def _counts(keys: list[str]) -> bool:
    """Whether names are those of rows: 0, 1, 2, ..."""
    return keys == [str(number) for number in range(len(keys))]
