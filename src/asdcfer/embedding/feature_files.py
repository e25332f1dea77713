"""Features as Parquet, NumPy or CSV files, written whole from a store and in constant memory."""

import contextlib
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.embedding.feature_store import FLOAT, FeatureStore
from asdcfer.errors import InputError
from asdcfer.extras import require
from asdcfer.files import atomic_write
from asdcfer.parquet_parts import check_parts_path, parts_of, write_parts

FEATURE = "feature"
"""The column of a Parquet file; in CSV the columns are feature_0, feature_1, ..."""


def check_features_path(path: Path, shard: int | None = None) -> None:
    """Raise InputError unless the suffix is one that can be written here.

    Args:
        path: of the file; with `shard` of a folder.
        shard: rows of each Parquet file of a folder; None for a single file.
    """
    if shard is not None:
        check_parts_path(path, shard)
        return
    if path.suffix.lower() not in _WRITERS:
        raise InputError(f"{path} must end in {', '.join(_WRITERS)}, or become a folder by `shard`")
    if path.suffix.lower() == ".parquet":
        require("pyarrow", f"{path} (Parquet)", "write .npy or .csv")


def ids_path(path: Path) -> Path:
    """Return where the ids beside an array of features lie.

    Example:
        >>> str(ids_path(Path("a/features.npy")))
        'a/features.ids.csv'
    """
    return path.with_name(f"{path.stem}.ids.csv")


def skipped_path(path: Path) -> Path:
    """Return where the inputs that gave no face are listed.

    Example:
        >>> str(skipped_path(Path("a/features.npy")))
        'a/features.skipped.csv'
    """
    return path.with_name(f"{path.stem}.skipped.csv")


def read_shape(path: Path) -> tuple[int, int]:
    """Return how many features a file that `write_features` wrote holds, and of how many numbers.

    Raises:
        InputError: it is no such file.
    """
    suffix = path.suffix.lower()
    try:
        if path.is_dir():
            shapes = [read_shape(part) for part in parts_of(path)]
            faces, dim = sum(count for count, _ in shapes), shapes[0][1]
        elif suffix == ".npy":
            faces, dim = np.load(path, mmap_mode="r", allow_pickle=False).shape
        elif suffix == ".parquet":
            import pyarrow.parquet

            with pyarrow.parquet.ParquetFile(path) as file:
                faces = file.metadata.num_rows
                dim = file.schema_arrow.field(FEATURE).type.list_size
        else:
            with path.open(encoding="utf-8", newline="") as lines:
                table = csv.reader(lines)
                dim = sum(name.startswith(f"{FEATURE}_") for name in next(table))
                faces = sum(1 for _ in table)
    except (
        OSError,
        EOFError,
        ValueError,
        KeyError,
        AttributeError,
        StopIteration,
        csv.Error,
    ) as error:
        raise InputError(
            f"{path} is not a file of features; use `force=True` to replace it"
        ) from error
    return int(faces), int(dim)


def write_features(
    path: Path, store: FeatureStore, columns: Sequence[str], shard: int | None = None
) -> list[Path]:
    """Write the features of a store; the format goes by the suffix.

    Parquet holds one row a face: the columns, and `feature`, a list of float32 of fixed size. CSV
    holds the columns and one more for each number, with nine digits, which give each float32 back
    as it was. A `.npy` file holds float32 (N,D), and the columns go to a CSV beside it. Inputs that
    gave no face go to another CSV, where there are any.

    Args:
        path: ends in .parquet, .npy or .csv; with `shard` a folder.
        store: what to write; left as it is.
        columns: of the rows, in order.
        shard: rows of each Parquet file of a folder; None writes a single file.

    Returns:
        The files.

    Raises:
        InputError: another suffix.
        AsdcferError: a file cannot be written; old ones stay as they were.
    """
    check_features_path(path, shard)
    # Everything is complete before anything is renamed.
    with contextlib.ExitStack() as files:
        written = [path]
        if store.skipped:
            written.append(skipped_path(path))
            listed = files.enter_context(atomic_write(written[-1]))
            _write_rows(
                listed,
                ("id", "reason"),
                ({"id": one.source_id, "reason": one.reason} for one in store.left_out()),
            )
        if path.suffix.lower() == ".npy":
            written.append(ids_path(path))
            beside = files.enter_context(atomic_write(written[-1]))
            _write_rows(beside, columns, store.rows())
        if shard is not None:
            schema, options = _parquet_schema(store, columns)
            write_parts(path, _parquet_tables(store, columns), schema, shard, **options)
        else:
            writer = _WRITERS[path.suffix.lower()]
            writer(files.enter_context(atomic_write(path)), store, columns)
    if not store.skipped:
        # Of features that these replace; it would be taken for a list of today's.
        skipped_path(path).unlink(missing_ok=True)
    return written


def _write_rows(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _write_npy(path: Path, store: FeatureStore, columns: Sequence[str]) -> None:
    shape = (store.faces, store.dim)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": FLOAT.str, "fortran_order": False, "shape": shape}
        )
        for block in store.features():
            file.write(np.ascontiguousarray(block, FLOAT).tobytes())


def _write_csv(path: Path, store: FeatureStore, columns: Sequence[str]) -> None:
    rows = store.rows()
    line = ",".join(["%.9g"] * store.dim)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="")
        table.writerow([*columns, *(f"{FEATURE}_{i}" for i in range(store.dim))])
        file.write("\n")
        for block in store.features():
            for feature, row in zip(block, rows, strict=False):
                table.writerow([row[name] for name in columns])
                file.write(f",{line % tuple(feature.tolist())}\n")


def _write_parquet(path: Path, store: FeatureStore, columns: Sequence[str]) -> None:
    import pyarrow.parquet

    schema, options = _parquet_schema(store, columns)
    with pyarrow.parquet.ParquetWriter(path, schema, **options) as writer:
        for table in _parquet_tables(store, columns):
            writer.write_table(table)


def _parquet_schema(store: FeatureStore, columns: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    """Return the columns of a Parquet file, and how its writer is made."""
    import pyarrow

    kind = pyarrow.list_(pyarrow.float32(), store.dim)
    schema = pyarrow.schema([*((name, pyarrow.string()) for name in columns), (FEATURE, kind)])
    # Floats of features have no two alike: a dictionary of them would only cost time.
    return schema, {"use_dictionary": list(columns)}


def _parquet_tables(store: FeatureStore, columns: Sequence[str]) -> Iterator[Any]:
    import pyarrow

    schema, _ = _parquet_schema(store, columns)
    rows = store.rows()
    for block in store.features():
        known = list(islice(rows, len(block)))
        values = pyarrow.FixedSizeListArray.from_arrays(
            pyarrow.array(block.reshape(-1), pyarrow.float32()), type=schema.field(FEATURE).type
        )
        texts = [pyarrow.array([row[name] for row in known], pyarrow.string()) for name in columns]
        yield pyarrow.Table.from_arrays([*texts, values], schema=schema)


_WRITERS: dict[str, Callable[[Path, FeatureStore, Sequence[str]], None]] = {
    ".parquet": _write_parquet,
    ".npy": _write_npy,
    ".csv": _write_csv,
}
