"""What numbers mean as labels: the orders of the data sets, and files that name the classes."""

import re
from collections.abc import Collection
from pathlib import Path

from asdcfer.data.datasets.label_words import expression_in
from asdcfer.errors import DataError
from asdcfer.expressions import (
    AFFECTNET_LABELS,
    CKPLUS_LABELS,
    EXPRESSIONS_WITH_CONTEMPT,
    FERPLUS_COLUMNS,
    RAFDB_LABELS,
)
from asdcfer.plain_json import from_json
from asdcfer.plain_yaml import from_yaml

_ALPHABET = sorted(EXPRESSIONS_WITH_CONTEMPT)
_SEVEN = [name for name in _ALPHABET if name != "contempt"]

ORDERS: dict[str, dict[int, str]] = {
    "fer": dict(enumerate(EXPRESSIONS_WITH_CONTEMPT)),
    "affectnet": AFFECTNET_LABELS,
    "alphabetical": dict(enumerate(_ALPHABET)),
    "ferplus": dict(enumerate(FERPLUS_COLUMNS.values())),
    "rafdb": RAFDB_LABELS,
    "ckplus": CKPLUS_LABELS,
}
"""Name of an order -> number -> expression."""

ASK = f"`labels_order` {', '.join(ORDERS)} or NAME,NAME,..."
_MOST = 4_000_000
"""Bytes of the largest file that is read for the names of classes."""


def check_order(asked: str) -> None:
    """Check that an order is a known one or a list of names, whatever numbers occur.

    Raises:
        DataError: it is neither.
    """
    if asked.strip().lower() not in ORDERS and "," not in asked:
        raise DataError(f"unknown order {asked!r}; give {ASK}")


def order_of(asked: str, numbers: Collection[int]) -> dict[int, str]:
    """Return what each number means in an order.

    Args:
        asked: a name in `ORDERS`, or names divided by commas; the first is 0, or 1 where the
            numbers begin with 1 and end with their count.
        numbers: that occur.

    Raises:
        DataError: the order is unknown, or has no name for a number.

    Example:
        >>> order_of("fer", {0, 3, 6})[3], order_of("bored,alert", {1, 2})[2]
        ('happy', 'alert')
    """
    check_order(asked)
    lowest, highest = min(numbers, default=0), max(numbers, default=0)
    name = asked.strip().lower()
    if name == "alphabetical":
        names = _ALPHABET if highest - (lowest >= 1) > 6 else _SEVEN
        meaning = dict(enumerate(names, 1 if lowest >= 1 and highest >= len(names) else 0))
        if lowest >= 1 and highest < len(names) and highest == len(set(numbers)):
            raise DataError(
                f"`labels_order` alphabetical: the numbers are {lowest} to {highest}, which may "
                f"begin with 0 or with 1; give the names: {','.join(names)}"
            )
    elif name in ORDERS:
        meaning = ORDERS[name]
        if name not in ("rafdb", "ckplus") and lowest == 1 and highest == len(set(numbers)) >= 7:
            # The same order counted from 1.
            meaning = {number + 1: label for number, label in meaning.items()}
    else:
        names = [part.strip() for part in asked.split(",")]
        if not all(names) or len(set(names)) < len(names):
            raise DataError(f"`labels_order` {asked}: a name is empty or there twice")
        start = 1 if lowest >= 1 and highest == len(names) else 0
        meaning = dict(enumerate((expression_in(n) or n for n in names), start))
    missing = sorted(set(numbers) - meaning.keys())
    if missing:
        known = ", ".join(f"{number} {label}" for number, label in meaning.items())
        raise DataError(f"`labels_order` {asked} has no name for {missing[0]}; it has {known}")
    return meaning


def ask_for_order(numbers: Collection[int], where: str) -> str:
    """Return the line that asks what numbers mean, with what they would be."""
    several = []
    for name in ("fer", "affectnet", "alphabetical", "rafdb"):
        try:
            meaning = order_of(name, numbers)
        except DataError:
            continue
        several.append(f"{name} ({', '.join(f'{n} {meaning[n]}' for n in sorted(numbers))})")
    return (
        f"{where} are numbers ({', '.join(map(str, sorted(numbers)[:12]))}), which data sets order "
        f"differently; say which order it is with {ASK}"
        + (f": {'; '.join(several)}" if several else "")
        + "; or keep them as they are: `own_classes=True`"
    )


_NAME = re.compile(
    r"(classes|class_?names|class_?labels|labels?_?map|label_?names|labels|names|emotions|"
    r"class_?(to_?idx|indices)|idx_to_class|categories|data|dataset|data_?config)"
    r"\.(txt|csv|json|ya?ml)|.+\.names",
    re.IGNORECASE,
)


def classes_file(files: Collection[Path]) -> tuple[Path, dict[int, str]] | None:
    """Return the file among some that says what class numbers mean, and what it says, or None.

    Lists of names (classes.txt, also "0 angry" or "angry: 0" a line), mappings in JSON either way
    round, and the `names` of a YOLO data.yaml are understood.
    """
    for file in sorted(files, key=lambda file: (len(file.parts), file.name)):
        if _NAME.fullmatch(file.name):
            named = read_classes(file)
            if named:
                return file, named
    # A YOLO data set's own file may have any name.
    for file in sorted(files):
        if file.suffix.lower() in (".yaml", ".yml") and (named := read_classes(file)):
            return file, named
    return None


def read_classes(file: Path) -> dict[int, str]:
    """Return the class names that a file gives by number, none where it gives none."""
    try:
        if file.stat().st_size > _MOST:
            return {}
        text = file.read_text(encoding="utf-8-sig")
        if file.suffix.lower() == ".json":
            return _numbered(from_json(text))
        if file.suffix.lower() in (".yaml", ".yml"):
            loaded = from_yaml(text)
            return _numbered(loaded.get("names")) if isinstance(loaded, dict) else {}
    except (OSError, ValueError):
        return {}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if file.suffix.lower() == ".csv" and lines and not re.search(r"\d", lines[0]):
        lines = lines[1:]  # the header
    pairs = [re.fullmatch(r"(\d{1,4})\s*[:=,;\t ]\s*([^\d./\\][^./\\]*)", line) for line in lines]
    turned = [re.fullmatch(r"([^\d./\\][^./\\]*?)\s*[:=,;\t ]\s*(\d{1,4})", line) for line in lines]
    if lines and all(pairs):
        return {int(found[1]): found[2].strip("'\" ") for found in pairs if found}
    if lines and all(turned):
        return {int(found[2]): found[1].strip("'\" ") for found in turned if found}
    if 1 < len(lines) <= 1000 and all(re.fullmatch(r"[^\d,;\t/\\]{1,60}", line) for line in lines):
        return dict(enumerate(lines))
    return {}


def _numbered(value: object) -> dict[int, str]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return dict(enumerate(value))
    if not isinstance(value, dict):
        return {}
    pairs = list(value.items())
    if all(isinstance(number, int) and not isinstance(number, bool) for _, number in pairs):
        pairs = [(number, name) for name, number in pairs]
    try:
        return {int(number): name for number, name in pairs if isinstance(name, str)}
    except (TypeError, ValueError, OverflowError):
        return {}
