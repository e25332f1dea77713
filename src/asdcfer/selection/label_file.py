"""Labels in a CSV file, which is written anew, whole, with each label that is given."""

import codecs
import csv
import io
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asdcfer.errors import DataError, InputError
from asdcfer.files import atomic_write

SKIPPED = "unknown"
"""The label of a face of which somebody said that it shows nothing that can be told.

`prepare` reads it as no expression, and leaves the face out.
"""
KEYS = ("id", "file", "path", "filename")
LABELS = ("label", "expression", "emotion")
_DELIMITERS = (",", ";", "\t")


class ChangedError(InputError):
    """A label that is another one by now than the caller believes.

    Args:
        now: what it is.
    """

    def __init__(self, now: str | None) -> None:
        super().__init__(f"the label is {now or 'none'} by now")
        self.now = now


@dataclass
class _Table:
    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    delimiter: str = ","
    ending: str = "\n"
    encoding: str = "utf-8"
    key: int = 0
    label: int = 1
    places: dict[str, int] = field(default_factory=dict)


class LabelFile:
    r"""Labels of faces in a CSV file; one that is there is gone on with.

    Its other columns and the rows of other faces are kept as they are. A face without a row gets
    one at the end; a label that is taken back leaves the file as it was before. What another
    program has written meanwhile is read before each change.

    Args:
        path: the file, with a column `id` (or `file`) and a column `label` (or `expression`);
            where there is none, the first label makes it, with the columns `id,label`.

    Raises:
        DataError: the file cannot be read, lacks a column, or gives one face two labels.
        InputError: it is read-only.

    Example:
        >>> import tempfile
        >>> file = LabelFile(Path(tempfile.mkdtemp()) / "labels.csv")
        >>> file.set("a.png", "happy")
        >>> file.set("b.png", "sad")
        >>> file.set("a.png", None)
        >>> file.path.read_text(), file.labels()
        ('id,label\nb.png,sad\n', {'b.png': 'sad'})
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._table = _Table(["id", "label"])
        self._added: set[str] = set()
        self._check_writable()
        self._refresh()

    def labels(self) -> dict[str, str]:
        """Return the label of each face that has one."""
        with self._lock:
            self._refresh()
            table = self._table
            said = ((key, table.rows[place][table.label]) for key, place in table.places.items())
            return {key: label for key, label in said if label}

    def set(self, key: str, label: str | None) -> None:
        """Give a face a label, or take it back, whatever there is, and write the file.

        Args:
            key: the face, as in the column `id`.
            label: None takes it back.

        Raises:
            InputError: the file is read-only.
            AsdcferError: it cannot be written; nothing there was changed.
        """
        with self._lock:
            self._refresh()
            if self._now(key) != label:
                self._write(key, label)

    def change(self, key: str, before: str | None, label: str | None) -> None:
        """Give a face a label as `set` does, unless somebody else has given it another meanwhile.

        Args:
            key: the face.
            before: the label that the caller knows; None is none.
            label: the new one.

        Raises:
            ChangedError: the label is neither `before` nor `label`; nothing is written.
            InputError: the file is read-only.
            AsdcferError: it cannot be written; nothing there was changed.
        """
        with self._lock:
            self._refresh()
            now = self._now(key)
            if now == label:
                return
            if now != before:
                raise ChangedError(now)
            self._write(key, label)

    def _now(self, key: str) -> str | None:
        place = self._table.places.get(key)
        return None if place is None else self._table.rows[place][self._table.label] or None

    def _write(self, key: str, label: str | None) -> None:
        self._check_writable()
        table = self._table
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=table.delimiter, lineterminator=table.ending)
        writer.writerow(table.header)
        writer.writerows(self._changed(key, label))
        with atomic_write(self.path) as temporary:
            temporary.write_bytes(text.getvalue().encode(table.encoding))
        self._refresh()

    def _changed(self, key: str, label: str | None) -> list[list[str]]:
        """Return the rows with one label changed."""
        table = self._table
        rows, place = list(table.rows), table.places.get(key)
        row = [""] * len(table.header) if place is None else list(rows[place])
        row[table.key], row[table.label] = key, label or ""
        if place is None:
            self._added.add(key)
            return [*rows, row]
        # A row that was made for its label goes with it; one that was there stays.
        rows[place : place + 1] = [] if label is None and key in self._added else [row]
        return rows

    def _check_writable(self) -> None:
        # Renaming over a file asks only for the folder: the file's own mark would be passed over.
        read_only = self.path.is_file() and not self.path.stat().st_mode & 0o222
        folder = next((one for one in self.path.absolute().parents if one.exists()), None)
        if read_only or (folder is not None and not os.access(folder, os.W_OK)):
            what = self.path if read_only else folder
            raise InputError(f"{what} is read-only; labels cannot be saved there")

    def _refresh(self) -> None:
        """Read the file where it is another one than was last read."""
        try:
            about = self.path.stat()
        except FileNotFoundError:
            if self._seen is not None:
                self._table, self._seen = _Table(["id", "label"]), None
            return
        seen = (about.st_mtime_ns, about.st_size, about.st_ino)
        if seen != self._seen:
            self._table = _read(self.path)
            self._seen = seen


def _read(path: Path) -> _Table:
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
        first = text.split("\n", 1)[0]
        delimiter = max(_DELIMITERS, key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        lines = [row for row in reader if row]
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a table: {error}") from error
    if not lines:
        return _Table(["id", "label"])
    names = [name.strip().lower() for name in lines[0]]
    key, label = _column(path, names, KEYS), _column(path, names, LABELS)
    width = len(names)
    ending = "\r\n" if first.endswith("\r") else "\n"
    encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    table = _Table(lines[0], [], delimiter, ending, encoding, key, label)
    for number, cells in enumerate(lines[1:], 2):
        row = [*cells, *[""] * (width - len(cells))]
        row[label] = row[label].strip()
        known = table.places.get(row[key])
        if known is None:
            table.places[row[key]] = len(table.rows)
            table.rows.append(row)
        elif table.rows[known][label] != row[label]:
            both = f"{table.rows[known][label] or 'none'} and {row[label] or 'none'}"
            raise DataError(f"{path} row {number}: {row[key]} has two labels, {both}; keep one")
    return table


def _column(path: Path, names: Sequence[str], wanted: Sequence[str]) -> int:
    for name in wanted:
        if name in names:
            return names.index(name)
    raise DataError(f"{path} has no column {' or '.join(wanted[:2])}; it has {', '.join(names)}")
