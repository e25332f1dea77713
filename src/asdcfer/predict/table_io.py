"""Rows as CSV, JSON or Parquet, written whole and in constant memory."""

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from asdcfer.errors import InputError
from asdcfer.extras import require
from asdcfer.files import atomic_write
from asdcfer.parquet_parts import check_parts_path, parts_of, write_parts
from asdcfer.predict.columns import Column, column_names
from asdcfer.predict.journal import legible

_ROWS_AT_ONCE = 20_000


def check_table_path(path: Path, shard: int | None = None) -> None:
    """Raise InputError unless the suffix is one that can be written here.

    Args:
        path: of the table; with `shard` of a folder.
        shard: rows of each Parquet file of a folder; None for a single file.
    """
    if shard is not None:
        check_parts_path(path, shard)
        return
    if path.suffix.lower() not in _WRITERS:
        raise InputError(f"{path} must end in {', '.join(_WRITERS)}")
    if path.suffix.lower() == ".parquet":
        require("pyarrow", f"{path} (Parquet)", "write .csv or .json")


def write_table(
    path: str | os.PathLike[str],
    rows: Iterable[dict[str, Any]],
    columns: Sequence[Column],
    shard: int | None = None,
) -> None:
    r"""Write rows; the format goes by the suffix.

    Args:
        path: ends in .csv, .tsv, .json, .jsonl or .parquet; with `shard` a folder.
        rows: missing values are empty in CSV and TSV, and null in JSON and Parquet.
        columns: in order.
        shard: rows of each Parquet file of a folder; None writes a single file.

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
    check_table_path(path, shard)
    if shard is not None:
        write_parts(
            path, _arrow_tables(map(legible_row, rows), columns), arrow_schema(columns), shard
        )
        return
    with atomic_write(path) as temporary:
        _WRITERS[path.suffix.lower()](temporary, map(legible_row, rows), columns)


def legible_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose texts every file and terminal takes; see `journal.legible`."""
    return {
        name: legible(value) if isinstance(value, str) else value for name, value in row.items()
    }


def read_table(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read rows back, as `write_table` wrote them; in CSV and TSV every value is text."""
    return list(_rows_of(Path(path)))


def _rows_of(path: Path, only: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table; of Parquet some columns alone, where that is enough."""
    kind = path.suffix.lower()
    if path.is_dir():
        for part in parts_of(path):
            yield from _rows_of(part, only)
        return
    if kind == ".parquet":
        import pyarrow.parquet

        # Opened here: given a path, it looks for a data set in the folder.
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=only):
                yield from batch.to_pylist()
        return
    with path.open(encoding="utf-8", newline="") as lines:
        if kind in (".csv", ".tsv"):
            yield from csv.DictReader(lines, delimiter="\t" if kind == ".tsv" else ",")
        elif kind == ".jsonl":
            yield from (json.loads(line) for line in lines if line.strip())
        else:
            yield from json.load(lines)


def files_in_table(path: str | os.PathLike[str]) -> set[str]:
    """Return the names in the column "file".

    Raises:
        InputError: there is no such column, or no table.
    """
    path = Path(path)
    if not path.is_dir():
        check_table_path(path)
    try:
        return {row["file"] for row in _rows_of(path, ["file"])}
    except (OSError, KeyError, TypeError, ValueError, RecursionError, csv.Error):
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


def arrow_batches(rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> Iterator[Any]:
    """Yield record batches of rows, some thousands each.

    Args:
        rows: missing values become null.
        columns: in order; an "expression" knows all its choices, whichever of them occur.
    """
    import pyarrow

    schema = arrow_schema(columns)
    rows = iter(rows)
    while part := list(islice(rows, _ROWS_AT_ONCE)):
        arrays = []
        for column, field in zip(columns, schema, strict=True):
            values = [row.get(column.name) for row in part]
            if column.kind == "expression":
                place = {name: number for number, name in enumerate(column.choices)}
                numbers = [None if value is None else place[value] for value in values]
                arrays.append(
                    pyarrow.DictionaryArray.from_arrays(
                        pyarrow.array(numbers, pyarrow.int32()),
                        pyarrow.array(column.choices, pyarrow.string()),
                    )
                )
            else:
                arrays.append(pyarrow.array(values, field.type))
        yield pyarrow.RecordBatch.from_arrays(arrays, schema=schema)


def _arrow_tables(rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> Iterator[Any]:
    import pyarrow

    return (pyarrow.Table.from_batches([batch]) for batch in arrow_batches(rows, columns))


def _write_csv(
    path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[Column], delimiter: str = ","
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, column_names(columns), restval="", lineterminator="\n", delimiter=delimiter
        )
        writer.writeheader()
        writer.writerows(rows)


def _write_tsv(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> None:
    _write_csv(path, rows, columns, "\t")


def _write_json(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for number, line in enumerate(_json_lines(rows, columns)):
            file.write((",\n " if number else "\n ") + line)
        file.write("\n]\n")


def _write_jsonl(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in _json_lines(rows, columns))


def _json_lines(rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> Iterator[str]:
    names = column_names(columns)
    for row in rows:
        yield json.dumps({name: row.get(name) for name in names}, ensure_ascii=False)


def _write_parquet(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[Column]) -> None:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetWriter(path, arrow_schema(columns)) as writer:
        for batch in arrow_batches(rows, columns):
            writer.write_batch(batch)


_WRITERS: dict[str, Callable[[Path, Iterable[dict[str, Any]], Sequence[Column]], None]] = {
    ".csv": _write_csv,
    ".tsv": _write_tsv,
    ".json": _write_json,
    ".jsonl": _write_jsonl,
    ".parquet": _write_parquet,
}
