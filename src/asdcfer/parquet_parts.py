"""A table as a folder of Parquet files of so many rows each, whole or not there."""

import re
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

from asdcfer.errors import InputError
from asdcfer.extras import require
from asdcfer.files import atomic_folder

_PART = re.compile(r"part-\d{5,}\.parquet")


def check_parts_path(path: Path, per_file: int) -> None:
    """Raise InputError where no folder of parts can be written, or would replace something else.

    Args:
        path: of the folder.
        per_file: rows of each file.
    """
    if per_file < 1:
        raise InputError(f"`shard={per_file}`: expected 1 row a file or more")
    require("pyarrow", f"{path} (Parquet)", "leave `shard` away for .csv")
    if path.suffix:
        raise InputError(
            f"with `shard` {path} becomes a folder of Parquet files; leave {path.suffix} away"
        )
    others = [] if not path.is_dir() else [f for f in path.iterdir() if not _is_part(f)]
    if path.is_file() or others:
        raise InputError(
            f"{others[0] if others else path} is no part of a table; choose another folder"
        )


def parts_of(path: Path) -> list[Path]:
    """Return the files of a folder of parts, in order; of a single file that one."""
    if not path.is_dir():
        return [path]
    found = sorted(filter(_is_part, path.iterdir()), key=lambda part: (len(part.name), part.name))
    if not found:
        raise InputError(f"{path} holds no part-00000.parquet")
    return found


def write_parts(
    path: Path, tables: Iterable[Any], schema: Any, per_file: int, **options: Any
) -> None:
    """Write tables one after the other, so many rows a file; memory does not grow with them.

    `pandas.read_parquet` and `pyarrow.dataset.dataset` read the folder as one table.

    Args:
        path: folder to make; one that is there is replaced once the new one is complete.
        tables: of Arrow.
        schema: of each.
        per_file: rows of each file; the last one may hold fewer.
        options: of `pyarrow.parquet.ParquetWriter`.

    Example:
        >>> import tempfile
        >>> import pyarrow
        >>> table = pyarrow.table({"row": [1, 2, 3, 4, 5]})
        >>> out = Path(tempfile.mkdtemp()) / "rows"
        >>> write_parts(out, [table], table.schema, 2)
        >>> [part.name for part in parts_of(out)][-1], pyarrow.parquet.read_table(out).num_rows
        ('part-00002.parquet', 5)
    """
    import pyarrow.parquet

    with atomic_folder(path) as folder:
        rows = number = 0
        with ExitStack() as open_part:
            for table in chain(tables, [schema.empty_table()]):
                while len(table) or not number:
                    if rows == number * per_file:
                        open_part.close()
                        part = folder / f"part-{number:05d}.parquet"
                        writer = open_part.enter_context(
                            pyarrow.parquet.ParquetWriter(part, schema, **options)
                        )
                        number += 1
                    some = table.slice(0, number * per_file - rows)
                    writer.write_table(some)
                    rows += len(some)
                    table = table.slice(len(some))


def _is_part(path: Path) -> bool:
    return _PART.fullmatch(path.name) is not None
