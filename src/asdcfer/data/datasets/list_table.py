"""Read lists of images as rows of named cells: CSV, TSV, text, JSON and JSON lines."""

import contextlib
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from asdcfer.data.datasets.json_list import json_records
from asdcfer.data.image_formats import IMAGE_SUFFIXES
from asdcfer.errors import DataError
from asdcfer.plain_json import from_json

SUFFIXES = (".csv", ".tsv", ".txt", ".lst", ".list", ".json", ".jsonl", ".ndjson")
MOST = 1_000_000_000
"""Bytes of the largest list that is read."""
_MOST_JSON = 200_000_000
"""The same of one that has to be read whole."""
_START = 1 << 16

_IMAGE = "|".join(re.escape(suffix) for suffix in sorted(IMAGE_SUFFIXES))
_PATH_FIRST = re.compile(rf"\s*(.*?(?:{_IMAGE}))\s+(\S.*)", re.IGNORECASE)
_IS_IMAGE = re.compile(rf".*(?:{_IMAGE})['\"]?\s*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One row of a list: its number in the file, from 1, and its cells by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A list.

    Attributes:
        file: where it is.
        columns: their names; "1", "2", ... where the file names none.
        named: whether the file names them.
        rows: of the file.
        note: a line worth telling about how it was read, or "".
    """

    file: Path
    columns: tuple[str, ...]
    named: bool
    rows: list[Row]
    note: str = ""


def looks_like_image(text: str) -> bool:
    """Whether a cell is named like an image file."""
    return bool(_IS_IMAGE.fullmatch(text))


def start_of(file: Path) -> str:
    """Return the first 64 KiB of a file as text, "" where it is none."""
    try:
        with open(file, "rb") as content:
            return _decoded(content.read(_START), file, whole=False)[0]
    except (OSError, DataError):
        return ""


def read_table(file: Path) -> Table:
    """Read a list.

    Raises:
        DataError: it is too large, no text, or not in one of the forms; the message names the file.
    """
    try:
        size = file.stat().st_size
        if size > MOST:
            raise DataError(f"{file}: larger than the {MOST:,} bytes a list may have")
        text, encoding = _decoded(file.read_bytes(), file)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}") from error
    if file.suffix.lower() in (".jsonl", ".ndjson"):
        return _of_records(file, _json_lines(file, text))
    if file.suffix.lower() == ".json":
        if size > _MOST_JSON:
            raise DataError(f"{file}: larger than the {_MOST_JSON:,} bytes a JSON list may have")
        return _of_records(file, json_records(file, text))
    table = _of_cells(file, list(_cells(file, text)))
    if encoding == _OF_WINDOWS:
        table = replace(table, note=f"{file.name} is no UTF-8 and was read as Windows-1252")
    return table


_OF_WINDOWS = "cp1252"
"""What Excel writes in the west of Europe where nobody asks for UTF-8."""


def _decoded(data: bytes, file: Path, whole: bool = True) -> tuple[str, str]:
    """Return a text and its encoding."""
    encoding = "utf-8-sig"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif len(data) > 7 and not any(data[1:8:2]) and all(data[0:8:2]):
        encoding = "utf-16-le"
    if encoding != "utf-8-sig":
        data = data[: len(data) // 2 * 2]
    try:
        return data.decode(encoding, "strict" if whole else "replace"), encoding
    except UnicodeDecodeError as error:
        if encoding == "utf-8-sig" and not _CONTROL & set(data):
            with contextlib.suppress(UnicodeDecodeError):
                return data.decode(_OF_WINDOWS), _OF_WINDOWS
        raise DataError(f"{file} is no list of text in UTF-8 ({error})") from error


_CONTROL = set(range(32)) - set(b"\t\n\r\f\v")
"""Signs that no text holds."""


def _json_lines(file: Path, text: str) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield number, from_json(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"{file}, row {number}: no JSON ({error})") from error


def _of_records(file: Path, records: Iterable[tuple[int, object]]) -> Table:
    rows: list[Row] = []
    columns: dict[str, None] = {}
    for number, record in records:
        if not isinstance(record, dict):
            raise DataError(f"{file}, row {number}: expected an object of named values")
        cells = {
            str(name): value if isinstance(value, str) else json.dumps(value)
            for name, value in record.items()
            if value is not None
        }
        columns |= dict.fromkeys(cells)
        rows.append(Row(number, cells))
    return Table(file, tuple(columns), True, rows)


def _cells(file: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    first, text = _without_remarks(text)
    delimiter = _delimiter(first, file)
    if delimiter is None:
        for number, line in enumerate(text.splitlines(), 1):
            match = _PATH_FIRST.fullmatch(line)
            cells = [match[1], *match[2].split()] if match else line.split()
            if cells:
                yield number, cells
        return
    try:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True
        )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{file} cannot be read as a list: {error}") from error


def _without_remarks(text: str) -> tuple[str, str]:
    """Return the first line of cells, and the text with "#" lines before it left empty."""
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            if number:
                lines[:number] = ["\n"] * number
                text = "".join(lines)
            return line, text
    return "", ""


def _delimiter(first: str, file: Path) -> str | None:
    """The sign between cells, by the first line; None for blanks."""
    counts = {sign: first.count(sign) for sign in ("\t", ";", ",", "|")}
    if file.suffix.lower() == ".tsv" and counts["\t"]:
        return "\t"
    best = max(counts, key=lambda sign: counts[sign])
    if counts[best]:
        return best
    return None if " " in first.strip() else ","


def _of_cells(file: Path, cells: list[tuple[int, list[str]]]) -> Table:
    if not cells:
        return Table(file, (), False, [])
    width = max(len(row) for _, row in cells)
    head = [cell.strip() for cell in cells[0][1]]
    named = not any(looks_like_image(cell) for cell in head)
    columns = (
        tuple(head + [str(i + 1) for i in range(len(head), width)])
        if named
        else tuple(str(i + 1) for i in range(width))
    )
    rows = [
        Row(number, {name: cell.strip() for name, cell in zip(columns, row, strict=False)})
        for number, row in cells[1 if named else 0 :]
    ]
    return Table(file, columns, named, rows)
