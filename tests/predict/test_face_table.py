"""Table of faces: types are right whatever is missing, and every format holds the same."""

import gc

import pytest

from asdcfer.errors import InputError, MissingPackageError
from asdcfer.predict.columns import column_names, face_columns
from asdcfer.predict.face_table import FaceTable, temporary_folder
from asdcfer.predict.journal import face_rows, failed_row
from asdcfer.predict.table_io import read_table
from asdcfer.recognition.face import UNCERTAIN
from tests.recognition.standin import NAMES, face

WHOLE = ("frame", "face")


def rows():
    """A photo of two faces, one without, a file that cannot be read, a video of two frames."""
    return [
        *face_rows("a.jpg", 0, 0.0, [face(0, 0.9), face(1, 0.4)]),
        *face_rows("b.jpg", 0, 0.0, []),
        failed_row("c.jpg", "c.jpg: gone"),
        *face_rows("v.mp4", 3, 0.12, [face(0, 0.6)]),
        *face_rows("v.mp4", 4, 0.16, []),
    ]


def errors():
    return [failed_row("c.jpg", "gone"), failed_row("d.jpg", "gone")]


def nothing():
    return []


def test_rows_have_every_column_and_none_where_there_is_nothing():
    table = FaceTable(rows, NAMES)
    assert len(table) == len(list(table)) == 6
    assert all(tuple(row) == column_names(table.columns) for row in table)
    failed = list(table)[3]
    assert (failed["status"], failed["face"], failed["happy"]) == ("error: gone", None, None)
    assert "6 rows" in repr(table)
    assert len(FaceTable(nothing, NAMES)) == 0


@pytest.mark.parametrize("source", [rows, errors, nothing])
def test_types_of_a_data_frame(source):
    pandas = pytest.importorskip("pandas")
    table = FaceTable(source, NAMES)
    frame = table.to_pandas()
    assert list(frame.columns) == list(column_names(table.columns))
    assert len(frame) == len(table)
    for column in table.columns:
        kind = frame[column.name].dtype
        if column.name == "expression":
            assert isinstance(kind, pandas.CategoricalDtype)
            assert list(kind.categories) == [*NAMES, UNCERTAIN]
        elif column.name in WHOLE:
            assert kind == "Int64"
        elif column.name in ("file", "status"):
            assert isinstance(kind, pandas.StringDtype)
        else:
            assert kind == "float64"
    assert not (frame.select_dtypes("number") == -1).any().any()


def test_what_is_missing_is_na():
    pandas = pytest.importorskip("pandas")
    frame = FaceTable(rows, NAMES).to_pandas()
    without = frame[frame["face"].isna()]
    assert list(without["status"]) == ["no face", "error: gone", "no face"]
    assert without[["x", "happy", "confidence", "expression"]].isna().all().all()
    assert frame.loc[3, "frame"] is pandas.NA
    assert frame["time"].tolist()[4:] == [0.12, 0.16]


def test_stories_of_data_frames():
    """As users of such tables write them."""
    pytest.importorskip("pandas")
    table = FaceTable(rows, NAMES)
    frame = table.to_pandas()
    means = frame.groupby("file")[table.scores].mean()
    assert means.loc["a.jpg"].tolist() == pytest.approx([0.65, 0.35])
    assert means.loc["b.jpg"].isna().all()
    good = frame[frame["status"] == "ok"]
    assert good["expression"].value_counts().to_dict() == {"happy": 3, "sad": 0, UNCERTAIN: 0}
    largest = frame[frame["face"] == 0]
    assert list(largest["file"]) == ["a.jpg", "v.mp4"]
    assert frame.groupby("file")["face"].nunique().to_dict() == {
        "a.jpg": 2,
        "b.jpg": 0,
        "c.jpg": 0,
        "v.mp4": 1,
    }
    track = frame.pivot(index="time", columns="face", values="happy")
    assert track.loc[0.12, 0] == 0.6


def test_a_data_frame_is_what_the_file_holds(tmp_path):
    pandas = pytest.importorskip("pandas")
    table = FaceTable(rows, NAMES)
    table.write(tmp_path / "t.csv")
    read = pandas.read_csv(tmp_path / "t.csv", dtype={name: "Int64" for name in WHOLE})
    pandas.testing.assert_frame_equal(
        read, table.to_pandas(), check_dtype=False, check_categorical=False
    )


@pytest.mark.parametrize("source", [rows, errors, nothing])
def test_types_of_arrow(source, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    table = FaceTable(source, NAMES)
    arrow = table.to_arrow()
    assert arrow.column_names == list(column_names(table.columns))
    assert arrow.to_pylist() == list(table)
    kinds = {field.name: field.type for field in arrow.schema}
    assert kinds["expression"] == pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    assert (kinds["frame"], kinds["time"]) == (pyarrow.int64(), pyarrow.float64())
    for chunk in arrow["expression"].chunks:
        assert chunk.dictionary.to_pylist() == [*NAMES, UNCERTAIN]
    table.write(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet") == list(table)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".jsonl", ".parquet"])
def test_every_format_reads_back(tmp_path, suffix):
    table = FaceTable(rows, NAMES)
    table.write(tmp_path / f"t{suffix}")
    read = read_table(tmp_path / f"t{suffix}")
    text = suffix in (".csv", ".tsv")
    for row, given in zip(read, table, strict=True):
        assert row == {
            name: ("" if value is None else str(value)) if text else value
            for name, value in given.items()
        }
    with pytest.raises(InputError, match="must end in"):
        table.write(tmp_path / "t.xlsx")


def test_classes_named_like_a_column(tmp_path):
    pandas = pytest.importorskip("pandas")
    names = ("file", "happy")

    def one():
        row = {"file": "a.jpg", "file (score)": 0.25, "happy": 0.75, "expression": "file"}
        return [{**row, "status": "ok"}]

    frame = FaceTable(one, names).to_pandas()
    assert FaceTable(one, names).scores == ["file (score)", "happy"]
    assert frame["file (score)"].tolist() == [0.25]
    assert list(frame["expression"].cat.categories) == ["file", "happy", UNCERTAIN]
    assert isinstance(frame["file"].dtype, pandas.StringDtype)
    assert len(face_columns(names)) == len(frame.columns)


@pytest.mark.parametrize(("method", "package"), [("to_pandas", "pandas"), ("to_arrow", "pyarrow")])
def test_a_missing_package_is_named_with_its_extra(monkeypatch, method, package):
    monkeypatch.setattr("asdcfer.extras.find_spec", lambda name: None)
    extra = {"pandas": "pandas", "pyarrow": "table"}[package]
    with pytest.raises(
        MissingPackageError, match=rf"needs {package}: pip install 'asdcfer\[{extra}"
    ):
        getattr(FaceTable(rows, NAMES), method)()


def test_its_folder_goes_with_it():
    table = FaceTable(rows, NAMES)
    folder = temporary_folder(table)
    (folder / "rows").write_text("x")
    assert folder.is_dir()
    del table
    gc.collect()
    assert not folder.exists()


def test_writing_tells_how_many_rows_have_each_status(tmp_path):
    statuses = ["ok", "ok", "blurred", "error: no such file", "error: empty", "broken off: late"]
    table = FaceTable(lambda: [{"file": "a", "status": status} for status in statuses], ("happy",))
    counts = table.write(tmp_path / "t.csv")
    assert counts == {"ok": 2, "blurred": 1, "error": 2, "broken off": 1}
    assert (tmp_path / "t.csv").read_text().count("\n") == 7
