"""What the cells of a list's row say of a face: its split, box, votes, person, valence, arousal."""

import math
import re

from asdcfer.data.datasets.folder_walk import Box
from asdcfer.data.datasets.list_columns import Columns, plain
from asdcfer.data.datasets.list_labels import NOT_READ
from asdcfer.data.datasets.list_table import Row
from asdcfer.data.datasets.split_words import split_in

_YES = {"1", "1.0", "true", "yes", "y"}
_NO = {"0", "0.0", "false", "no", "n"}


def said_split(row: Row, columns: Columns) -> str | None:
    """Return the split that a row names, or None.

    Folds and other numbers become splits of the column's name; a column such as "is_train" says yes
    or no.
    """
    column = columns.of.get("split")
    said = row.cells.get(column, "").strip() if column else ""
    if not said:
        return None
    named = split_in(plain(column).removeprefix("is")) if column else None
    if named and said.lower() in _YES | _NO:
        # A column for one split, with yes or no in it.
        if said.lower() in _YES:
            return named
        return "test" if named == "train" else "train"
    return split_in(said) or (f"{column}{said}" if said.isdecimal() else said)


def voted_of(row: Row, votes: dict[str, str]) -> str | None:
    """Return the class of one-hot columns or votes: that of more than half of them."""
    counts: dict[str, float] = {}
    for column in votes:
        text = row.cells.get(column, "") or "0"
        value = {"true": 1.0, "false": 0.0}.get(text.lower())
        try:
            value = float(text) if value is None else value
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            return f"{NOT_READ}: {text[:20]!r} in the column {column}"
        counts[column] = value
    total = sum(counts.values())
    if total == 0:
        return None
    best = max(counts, key=lambda column: counts[column])
    if counts[best] * 2 <= total:
        return f"{NOT_READ}: no majority"
    return votes[best] or f"{NOT_READ}: {best}"


def box_of(row: Row, columns: Columns) -> Box | None:
    """Return the box of a row's face, or None where it has none.

    Raises:
        ValueError: a number is none.
    """
    of = columns.of
    if "left" in of:
        cells = {
            role: row.cells.get(of[role], "")
            for role in ("left", "top", "right", "bottom", "width", "height")
            if role in of
        }
        if not all(cells.get(role) for role in ("left", "top")):
            return None
        left, top = _number(cells["left"]), _number(cells["top"])
        if cells.get("right") and cells.get("bottom"):
            right, bottom = _number(cells["right"]), _number(cells["bottom"])
        else:
            right = left + _number(cells.get("width", ""))
            bottom = top + _number(cells.get("height", ""))
    elif "box" in of and row.cells.get(of["box"]):
        numbers = re.findall(r"[-+]?\d+(?:\.\d+)?", row.cells[of["box"]])
        if len(numbers) != 4:
            raise ValueError(f"box {row.cells[of['box']][:40]!r}; expected x, y, width, height")
        left, top, width, height = map(float, numbers)
        right, bottom = left + width, top + height
    else:
        return None
    if left < 0 or top < 0:
        left, top = max(left, 0), max(top, 0)
    if right <= left or bottom <= top:
        return None
    return Box(left, top, right, bottom, max(left, top, right, bottom) <= 1)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]!r} in a box; expected a number")
    return value


def more_of(row: Row, columns: Columns) -> dict[str, str | float]:
    """Return group, valence and arousal of a row, of those that it has."""
    found: dict[str, str | float] = {}
    if columns.of.get("group") and row.cells.get(columns.of["group"]):
        found["group"] = row.cells[columns.of["group"]]
    for role in ("valence", "arousal"):
        text = row.cells.get(columns.of[role]) if role in columns.of else None
        if text:
            try:
                value = float(text)
            except ValueError:
                value = math.nan
            # -2 is AffectNet's sign for "not given".
            if math.isfinite(value) and value != -2:
                found[role] = value
    return found
