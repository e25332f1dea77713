"""FER-2013: the official CSV (plain or gzip), or a folder that holds it.

Labels 0..6 are angry, disgust, fear, happy, sad, surprise, neutral. Usage Training, PublicTest,
PrivateTest become the splits train, public, private. Tables of other faces in the same columns are
read as well; where they have a label 7 it is contempt (CK+ as ckextended.csv).
Source: Goodfellow et al., "Challenges in representation learning", ICML 2013 workshop.
"""

import csv
import gzip
import io
import warnings
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Explanation, Options, Reading, Source
from asdcfer.data.image_io import fit
from asdcfer.data.pack_writing import PackItem, Skipped
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT
from asdcfer.files import sha256

SIDE = 48
USAGES: dict[str, str] = {"Training": "train", "PublicTest": "public", "PrivateTest": "private"}
"""Usage column -> split."""

ABOUT = {
    "name": "FER-2013",
    "origin": "Goodfellow et al., Challenges in representation learning, ICML 2013 workshop",
    "license": "free for research",
}
FILE_NAMES = ("fer2013.csv", "fer2013.csv.gz", "icml_face_data.csv", "icml_face_data.csv.gz")
_LONGEST = 1 << 20
"""Signs of the longest line that is read; one of 2,304 pixels has under 10,000."""
_COLUMNS = ("emotion", "pixels", "usage")


class Row(NamedTuple):
    """One row of the CSV: 0-based number, pixels (48,48) uint8, label 0..6, split."""

    number: int
    pixels: np.ndarray
    label: int
    split: str


class FerFile:
    """The rows of a FER-2013 CSV, read once from start to end.

    Args:
        path: fer2013.csv or fer2013.csv.gz (told apart by content, not by name).
        labels: how many there are: 7, or 8 where the last is contempt.

    Raises:
        DataError: while iterating: a missing column, a wrong pixel count, an unknown label or
            Usage, a stream that breaks off; each names the file and the row.
    """

    def __init__(self, path: Path, labels: int = 7) -> None:
        self.path, self.labels = path, EXPRESSIONS_WITH_CONTEMPT[:labels]
        self.position = 0.0

    def __iter__(self) -> Iterator[Row]:
        try:
            total = self.path.stat().st_size
            with open(self.path, "rb") as raw:
                binary = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
                text = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
                first = text.readline(_LONGEST)
                rows = csv.reader(_lines(text, first), delimiter=_sign(first))
                header = [name.strip().lower() for name in next(rows, [])]
                for name in _COLUMNS:
                    if name not in header and not _is_whole(header):
                        raise DataError(
                            f"{self.path}, row 0 (the header): no column {name!r}; expected "
                            f"emotion,pixels,Usage and found {_short(header)}"
                        )
                columns = [header.index(name) for name in _COLUMNS if name in header]
                for number, cells in enumerate(rows):
                    if not cells:
                        continue
                    row = self._row(number, cells, columns)
                    self.position = raw.tell() / max(total, 1)
                    yield row
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(
                f"{self.path}: the gzip stream is damaged or breaks off ({error}); fetch the file "
                "again"
            ) from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(
                f"{self.path}: not a CSV of text ({error}); expected emotion,pixels,Usage"
            ) from error
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror or error}") from error

    def _row(self, number: int, cells: list[str], columns: list[int]) -> Row:
        where = f"{self.path}, row {number + 1} (line {number + 2})"
        if len(cells) <= max(columns):
            raise DataError(f"{where}: {len(cells)} columns; expected emotion,pixels,Usage")
        emotion, text, *rest = (cells[i].strip() for i in columns)
        usage = rest[0] if rest else "Training"
        if emotion not in map(str, range(len(self.labels))):
            raise DataError(
                f"{where}: unknown label {emotion[:40]!r}; expected 0..{len(self.labels) - 1} "
                f"({', '.join(self.labels)})"
            )
        if usage not in USAGES:
            raise DataError(f"{where}: unknown Usage {usage[:40]!r}; expected {', '.join(USAGES)}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", DeprecationWarning)
                values = np.fromstring(text, np.int32, sep=" ")
        except (ValueError, DeprecationWarning):
            raise DataError(
                f"{where}: the pixels are not all whole numbers; expected {SIDE * SIDE} numbers "
                "0..255 with blanks between"
            ) from None
        if values.size != SIDE * SIDE:
            raise DataError(
                f"{where}: {values.size} pixels; expected {SIDE * SIDE} ({SIDE} x {SIDE})"
            )
        if values.min() < 0 or values.max() > 255:
            raise DataError(
                f"{where}: a pixel of value {values.min() if values.min() < 0 else values.max()}; "
                "expected 0..255"
            )
        return Row(number, values.astype(np.uint8).reshape(SIDE, SIDE), int(emotion), USAGES[usage])


def _sign(header: str) -> str:
    """Return the sign between the columns of a header: a comma, or what else a table has."""
    return max(",;\t", key=header.count)


def _lines(text: io.TextIOWrapper, first: str) -> Iterator[str]:
    """Yield the lines of a text; a small gzip file may unpack to one without an end."""
    line = first
    while line or (line := text.readline(_LONGEST)):
        if len(line) == _LONGEST:
            raise csv.Error(f"a line of more than {_LONGEST:,} signs")
        yield line
        line = ""


def row_id(number: int) -> str:
    """Return the source id of a 0-based row: FER+'s own name for it, without suffix.

    Example:
        >>> row_id(17)
        'fer0000017'
    """
    return f"fer{number:07d}"


def _is_whole(header: Collection[str]) -> bool:
    """Whether columns are FER-2013's, or these without Usage and nothing that may stand for it.

    In such a table, as the train.csv of the Kaggle challenge is one, all rows are training.
    """
    return set(header) >= set(_COLUMNS) or set(header) - {"", "id"} == set(_COLUMNS[:2])


def find_csv(path: Path) -> Path | None:
    """Return the FER-2013 CSV that `path` is, or that lies directly in the folder `path`."""
    if path.is_file():
        return path if _is_whole(_header(path)) else None
    return next((path / name for name in FILE_NAMES if (path / name).is_file()), None)


def find_below(layout: Layout) -> Path | None:
    """Return the FER-2013 CSV that a path is, or the one at the least depth below it.

    Raises:
        DataError: there are several, not all of an official name.
    """
    if not layout.path.is_dir():
        return find_csv(layout.path)
    tables = [
        place.path
        for place in layout.others
        if place.path.name.lower().endswith((".csv", ".csv.gz")) and _is_whole(_header(place.path))
    ]
    official = [file for file in tables if file.name.lower() in FILE_NAMES]
    official.sort(key=lambda file: (len(file.parts), FILE_NAMES.index(file.name.lower())))
    if len(tables) - len(official) > (0 if official else 1):
        raise DataError(
            f"{layout.path} holds {len(tables)} tables of emotion and pixels "
            f"({', '.join(file.name for file in tables[:5])}); give one of them"
        )
    return next(iter(official or tables), None)


def _explain(layout: Layout, options: Options) -> Explanation | None:
    found = find_below(layout)
    if found:
        # A row has 2,304 numbers of up to three digits.
        rows = found.stat().st_size // (3000 if found.suffix == ".gz" else 8000)
        with_usage = _COLUMNS[2] in _header(found)
        by = f"{found.name} has the columns emotion, pixels{', Usage' if with_usage else ''}"
        notes = () if with_usage else (f"{found.name} has no column Usage; all rows become train",)
        return Explanation(by, faces=max(1, rows), notes=notes)
    # One that lacks a column is still meant as FER-2013: reading it says which one, where "no data
    # set" would not.
    path = layout.path
    present = _header(path) & set(_COLUMNS) if path.is_file() else set()
    if not present:
        return None
    named = ", ".join(name for name in _COLUMNS if name in present)
    return Explanation(f"{path.name} has the column{'s' * (len(present) > 1)} {named}")


def _read(layout: Layout, options: Options) -> Reading:
    path = layout.path
    found = find_below(layout) if path.is_dir() else path
    if found is None:
        raise DataError(
            f"{path} holds no FER-2013 CSV; expected {FILE_NAMES[0]} or {FILE_NAMES[1]} in it"
        )
    eight = _has_contempt(found)
    file = FerFile(found, 8 if eight else 7)
    expressions = EXPRESSIONS_WITH_CONTEMPT[: options.expressions or len(file.labels)]
    skipped: list[Skipped] = []

    def faces() -> Iterator[PackItem]:
        for row in file:
            if row.label >= len(expressions):
                skipped.append(Skipped(row_id(row.number), "outside the 7 expressions (contempt)"))
                continue
            yield PackItem(
                fit(row.pixels, options.size, color=options.color),
                row_id(row.number),
                row.split,
                row.label,
            )

    about = dict(ABOUT) if not eight else {"name": "faces in FER-2013's columns, with contempt"}
    about["input_sha256"] = sha256(found)
    return Reading(faces(), expressions, skipped, lambda: file.position, about)


def _has_contempt(file: Path) -> bool:
    """Whether any row has the label 7; other faults are left to the reader."""
    try:
        with open(file, "rb") as raw:
            binary = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw
            header = binary.readline(4096).decode("utf-8-sig").lower()
            sign = _sign(header)
            column = [name.strip() for name in header.split(sign)].index("emotion")
            while line := binary.readline(_LONGEST):
                cells = line.split(sign.encode(), column + 1)
                if len(cells) > column and cells[column].strip() == b"7":
                    return True
    except (OSError, EOFError, zlib.error, ValueError):
        pass
    return False


def _header(path: Path) -> set[str]:
    try:
        with open(path, "rb") as raw:
            start = raw.peek(2)[:2]
            line = (gzip.GzipFile(fileobj=raw) if start == b"\x1f\x8b" else raw).readline(4096)
        text = line.decode("utf-8-sig")
        return {name.strip().lower() for name in text.split(_sign(text))}
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return set()


def _short(names: list[str]) -> str:
    text = " ".join(", ".join(names).split()) or "an empty file"
    return text if len(text) < 80 else text[:77] + "..."


SOURCE = Source(
    "fer2013",
    "FER-2013, the official CSV (plain or gzip) or the folder that holds it",
    _explain,
    _read,
    photos=False,
)
