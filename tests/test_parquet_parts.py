"""A table as a folder of Parquet files: all rows in order, so many a file, and nothing else."""

import pytest

from asdcfer.errors import InputError
from asdcfer.parquet_parts import check_parts_path, parts_of, write_parts

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.mark.parametrize("sizes", [[], [0], [1], [7], [3, 4], [2, 0, 5], [10] * 7])
@pytest.mark.parametrize("per_file", [1, 3, 100])
def test_rows_come_back_in_order_and_so_many_a_file(tmp_path, sizes, per_file) -> None:
    whole = pyarrow.table({"row": pyarrow.array(range(sum(sizes)), pyarrow.int64())})
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    tables = [whole.slice(start, size) for start, size in zip(starts, sizes, strict=True)]
    out = tmp_path / "rows"
    write_parts(out, tables, whole.schema, per_file)
    counts = [parquet.read_metadata(part).num_rows for part in parts_of(out)]
    assert sum(counts) == len(whole)
    assert all(count == per_file for count in counts[:-1])
    assert counts[-1] > 0 or not len(whole)
    assert parquet.read_table(out).to_pydict() == whole.to_pydict()


def test_a_folder_is_replaced_only_by_a_whole_one(tmp_path) -> None:
    table = pyarrow.table({"row": [1, 2, 3]})
    write_parts(tmp_path / "rows", [table], table.schema, 1)

    def broken():
        yield table
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_parts(tmp_path / "rows", broken(), table.schema, 2)
    assert len(parts_of(tmp_path / "rows")) == 3
    write_parts(tmp_path / "rows", [table], table.schema, 3)
    assert [part.name for part in parts_of(tmp_path / "rows")] == ["part-00000.parquet"]
    assert list(tmp_path.iterdir()) == [tmp_path / "rows"]


def test_a_folder_of_other_things_is_left_alone(tmp_path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    (tmp_path / "file").touch()
    for name, told in (
        ("photos", "a.jpg is no part of a table; choose another folder"),
        ("file", "file is no part of a table"),
        ("rows.csv", "leave .csv away"),
    ):
        with pytest.raises(InputError, match=told):
            check_parts_path(tmp_path / name, 5)
    with pytest.raises(InputError, match="`shard=0`: expected 1 row"):
        check_parts_path(tmp_path / "rows", 0)
    check_parts_path(tmp_path / "rows", 1)
    with pytest.raises(InputError, match=r"photos holds no part-00000.parquet"):
        parts_of(tmp_path / "photos")
