"""Rows as CSV, JSON or Parquet, written whole and in constant memory."""

import csv
import json
import os
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from asdcfer.errors import InputError
from asdcfer.extras import require
from asdcfer.files import atomic_write
from asdcfer.predict.columns import Column, column_names
from asdcfer.predict.journal import legible

_ROWS_AT_ONCE = 20_000


def check_table_path(path: Path) -> None:
    """Raise InputError unless the suffix is one that can be written here."""
    if path.suffix.lower() not in _WRITERS:
        raise InputError(f"{path} must end in {', '.join(_WRITERS)}")
    if path.suffix.lower() == ".parquet":
        require("pyarrow", f"{path} (Parquet)", "write .csv or .json")


def write_table(
    path: str | os.PathLike[str], rows: Iterable[dict[str, Any]], columns: Sequence[Column]
) -> None:
    r"""Write rows; the format goes by the suffix.

    Args:
        path: ends in .csv, .json or .parquet.
        rows: missing values are empty in CSV and null in JSON and Parquet.
        columns: in order.

    Raises:
        InputError: another suffix.
        AsdcferError: the file cannot be written; an old one stays as it was.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "rows.csv"
        >>> columns = Column("file", "text"), Column("face", "whole"), Column("time", "number")
        >>> write_table(path, [{"file": "a.jpg", "time": 0.5}], columns)
        >>> path.read_text()
        'file,face,time\na.jpg,,0.5\n'
    """
    path = Path(path)
    check_table_path(path)
    with atomic_write(path) as temporary:
        _WRITERS[path.suffix.lower()](temporary, map(legible_row, rows), columns)


def legible_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose texts every file and terminal takes; see `journal.legible`."""
    return {
        name: legible(value) if isinstance(value, str) else value for name, value in row.items()
    }


def read_table(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read rows back, as `write_table` wrote them; in CSV every value is text."""
    path = Path(path)
    if path.suffix.lower() == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix.lower() == ".json":
        return list(json.loads(path.read_text(encoding="utf-8")))
    import pyarrow.parquet

    return list(pyarrow.parquet.read_table(path).to_pylist())


def files_in_table(path: str | os.PathLike[str]) -> set[str]:
    """Return the names in the column "file".

    Raises:
        InputError: there is no such column, or no table.
    """
    path = Path(path)
    check_table_path(path)
    try:
        if path.suffix.lower() == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                return {row["file"] for row in csv.DictReader(file)}
        if path.suffix.lower() == ".json":
            return {row["file"] for row in read_table(path)}
        import pyarrow.parquet

        return set(pyarrow.parquet.read_table(path, columns=["file"])["file"].to_pylist())
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        raise InputError(
            f"{path} is not a table that asdcfer predict wrote; use `force=True` to replace it"
        ) from None


def arrow_schema(columns: Sequence[Column]) -> Any:
    """Return the types of columns in Arrow and Parquet.

    Args:
        columns: in order; an "expression" is a dictionary, which pandas reads as a category.
    """
    import pyarrow

    kinds = {
        "text": pyarrow.string(),
        "whole": pyarrow.int64(),
        "number": pyarrow.float64(),
        "flag": pyarrow.bool_(),
        "expression": pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
    }
    return pyarrow.schema([(column.name, kinds[column.kind]) for column in columns])


def _write_csv(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, column_names(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_json(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> None:
    with path.open("w", encoding="utf-8") as file:
        names = column_names(columns)
        file.write("[")
        for number, row in enumerate(rows):
            file.write(
                (",\n " if number else "\n ")
                + json.dumps({name: row.get(name) for name in names}, ensure_ascii=False)
            )
        file.write("\n]\n")


def _write_parquet(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> None:
    import pyarrow
    import pyarrow.parquet

    names = column_names(columns)
    schema = arrow_schema(columns)
    rows = iter(rows)
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        while part := list(islice(rows, _ROWS_AT_ONCE)):
            writer.write_table(
                pyarrow.Table.from_pylist(
                    [{name: row.get(name) for name in names} for row in part], schema
                )
            )


_WRITERS: dict[str, Callable[[Path, Iterable[dict[str, Any]], Sequence[Column]], None]] = {
    ".csv": _write_csv,
    ".json": _write_json,
    ".parquet": _write_parquet,
}
