"""Table of faces: the rows that Python iterates over are those that the command line writes."""

import os
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from asdcfer.extras import require
from asdcfer.predict.columns import Column, column_names, face_columns, score_columns
from asdcfer.predict.table_io import arrow_batches, arrow_schema, legible_row, write_table

if TYPE_CHECKING:
    import pandas
    import pyarrow

Row = dict[str, Any]
"""Column -> value; None where there is none."""


class FaceTable:
    """Rows of recognized faces, one a face and frame.

    A frame without a face has one row with the status "no face", a file that cannot be read has one
    with the reason. The columns are those of `asdcfer predict --out`.

    Args:
        rows: gives the rows from the beginning each time it is called; they need not fit in memory.
        expressions: names of the scores.
        people: persons were looked for, so that rows have `person` and `name`.

    Attributes:
        columns: name, kind and meaning of each, in order.
        expressions: names of the scores, in order.
        scores: columns of the scores; equal to `expressions` unless one is named like a column.

    Example:
        >>> rows = [{"file": "a.jpg", "frame": 0, "time": 0.0, "status": "no face"}]
        >>> table = FaceTable(lambda: rows, ("happy", "sad"))
        >>> len(table), [(row["status"], row["face"], row["happy"]) for row in table]
        (1, [('no face', None, None)])
    """

    def __init__(
        self,
        rows: Callable[[], Iterable[Row]],
        expressions: Sequence[str],
        people: bool = False,
    ) -> None:
        self._rows = rows
        self.expressions = tuple(expressions)
        self.columns: tuple[Column, ...] = face_columns(self.expressions, people)
        self.scores = list(score_columns(self.expressions).values())

    @cached_property
    def _count(self) -> int:
        return sum(1 for _ in self._rows())

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        names = column_names(self.columns)
        for row in map(legible_row, self._rows()):
            yield {name: row.get(name) for name in names}

    def __repr__(self) -> str:
        return f"<FaceTable of {len(self):,} rows: {', '.join(column_names(self.columns))}>"

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a data frame.

        Texts are strings, whole numbers Int64 and yes or no boolean, all with NA; other numbers
        are float64 with NaN. `expression` is a category of all the model's expressions and
        "uncertain", whichever of them occur.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        require("pandas", "a data frame", "iterate over the table")
        import pandas

        values: dict[str, list[Any]] = {name: [] for name in column_names(self.columns)}
        for row in self:
            for name, value in row.items():
                values[name].append(value)
        return pandas.DataFrame({c.name: _series(c, values[c.name]) for c in self.columns})

    def to_arrow(self) -> "pyarrow.Table":
        """Return an Arrow table; `expression` is a dictionary of all that it may be.

        Raises:
            MissingPackageError: pyarrow is not installed.
        """
        require("pyarrow", "an Arrow table", "iterate over the table")
        import pyarrow

        return pyarrow.Table.from_batches(
            arrow_batches(self, self.columns), arrow_schema(self.columns)
        )

    def write(self, path: str | os.PathLike[str], shard: int | None = None) -> Counter[str]:
        """Write the rows whole or not at all, in the format of the suffix.

        Args:
            path: ends in .csv, .tsv, .json, .jsonl or .parquet, or with `shard` a folder; what is
                there is replaced.
            shard: rows of each Parquet file of a folder; None writes a single file.

        Returns:
            How many rows have each status; whatever their reasons, "error" and "broken off" are
            one each.

        Raises:
            InputError: another suffix.
            MissingPackageError: Parquet is asked for, and pyarrow is not installed.
            AsdcferError: the file cannot be written; an old one stays as it was.
        """
        statuses: Counter[str] = Counter()

        def counted() -> Iterator[Row]:
            for row in self._rows():
                statuses[row["status"].split(":")[0]] += 1
                yield row

        write_table(path, counted(), self.columns, shard)
        return statuses


def temporary_folder(owner: object) -> Path:
    """Return a new folder that is removed when its owner is gone."""
    folder = tempfile.mkdtemp(prefix="asdcfer-")
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _series(column: Column, values: list[Any]) -> Any:
    import pandas

    if column.kind == "expression":
        return pandas.Categorical(values, categories=list(column.choices))
    if column.kind == "number":
        return np.array([np.nan if value is None else value for value in values], np.float64)
    kinds = {"text": "string", "whole": "Int64", "flag": "boolean"}
    return pandas.array(values, dtype=kinds[column.kind])
