"""The list of a folder that `pick` made: which faces to label, in their order."""

import csv
from dataclasses import dataclass
from pathlib import Path

from asdcfer.errors import DataError

LIST = "to_label.csv"
COLUMNS = ("file", "expression", "suggestion", "confidence", "id", "split")
"""Of the list; `expression` is left empty for the person who labels."""


@dataclass(frozen=True)
class Listed:
    """A face of the list.

    Attributes:
        id: its source id in the pack that it was picked from.
        file: the picture, below the folder.
        suggestion: what a model says of it; empty without one.
    """

    id: str
    file: str
    suggestion: str = ""


def read_pick_list(path: Path) -> list[Listed]:
    """Return the faces of a list, each once, in the order of the list.

    Args:
        path: a folder that `pick` made, or the list in it.

    Raises:
        DataError: there is no such list, or it has no column `id`.
    """
    file = path / LIST if path.is_dir() else path
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.DictReader(text))
            found = [
                Listed(row["id"], row.get("file") or "", row.get("suggestion") or "")
                for row in rows
            ]
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise DataError(
            f"{path} is no folder that `asdcfer pick` made: {file.name} in it cannot be read"
        ) from error
    return list({one.id: one for one in found}.values())
