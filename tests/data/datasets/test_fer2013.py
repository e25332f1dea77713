"""FER-2013's CSV: plain and gzip, its variants, the FER+ votes, and all faults of a row."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets import fer2013, ferplus
from asdcfer.data.datasets.source import Options
from asdcfer.data.pack import Pack
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT
from tests.data.trees import (
    FER_CSV,
    FER_VOTES,
    contents,
    face,
    fer_rows,
    needs_fer,
    votes_csv,
    write,
)
from tests.factories import Heard

SPLITS = {"Training": "train", "PublicTest": "public", "PrivateTest": "private"}


@pytest.mark.parametrize("name", ["fer2013.csv", "fer2013.csv.gz", "renamed.csv"])
def test_plain_and_gzip_give_the_same_faces(tmp_path: Path, name: str) -> None:
    heard = Heard()
    pack = prepare(write(tmp_path / name), tmp_path / "out", progress=heard)
    rows = fer_rows(21)
    assert np.array_equal(pack.images, np.stack([row[1] for row in rows]))
    assert pack.labels.tolist() == [row[0] for row in rows]
    assert pack.expressions == EXPRESSIONS
    assert pack.split.tolist() == [SPLITS[row[2]] for row in rows]
    assert pack.splits == [
        "train",
        "public",
        "private",
    ]
    assert pack.ids[17] == "fer0000017"
    assert pack.info["skipped"] == []
    assert len(heard.lines) == 1
    assert "recognized as fer2013" in heard.lines[0]
    assert "emotion, pixels, Usage" in heard.lines[0]


def test_the_folder_that_holds_the_csv_will_do(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in" / "fer2013.csv.gz")
    assert len(prepare(tmp_path / "in", tmp_path / "out")) == 21


def test_columns_may_stand_in_the_other_releases_order(tmp_path: Path) -> None:
    """icml_face_data.csv has blanks in its header, and Usage before the pixels."""
    rows = [
        (label, usage, " ".join(map(str, pixels.ravel()))) for label, pixels, usage in fer_rows(5)
    ]
    pack = prepare(
        write(tmp_path / "icml.csv", rows, header="emotion, Usage, pixels"), tmp_path / "out"
    )
    assert np.array_equal(pack.images[4], face(4))
    assert pack.labels.tolist() == [0, 1, 2, 3, 4]


def test_the_same_input_gives_the_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    prepare(write(tmp_path / "fer2013.csv"), tmp_path / "a")
    prepare(write(tmp_path / "elsewhere" / "fer2013.csv"), tmp_path / "elsewhere" / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "elsewhere" / "b")


def test_a_label_7_is_contempt(tmp_path: Path) -> None:
    """As in ckextended.csv, CK+ in FER-2013's columns."""
    rows = [(i, face(i), usage) for i in range(8) for usage in SPLITS]
    source = write(tmp_path / "ckextended.csv", rows)
    pack = prepare(source, tmp_path / "out")
    assert pack.expressions == EXPRESSIONS_WITH_CONTEMPT
    assert pack.labels.tolist() == [row[0] for row in rows]
    assert pack.info["source"]["name"] != "FER-2013"
    seven = prepare(source, tmp_path / "seven", Options(expressions=7))
    assert (len(seven), seven.expressions) == (21, EXPRESSIONS)
    assert seven.info["skipped"][0]["reason"] == "outside the 7 expressions (contempt)"


def test_the_csv_may_lie_deeper_and_have_another_name(tmp_path: Path) -> None:
    (tmp_path / "archive" / "fer").mkdir(parents=True)
    write(tmp_path / "archive" / "fer" / "FER.csv")
    assert len(prepare(tmp_path / "archive", tmp_path / "out")) == 21
    write(tmp_path / "archive" / "again.csv")
    with pytest.raises(DataError, match=r"holds 2 tables .*again.csv.*give one of them"):
        prepare(tmp_path / "archive", tmp_path / "out")


def test_a_table_beside_the_official_one_is_not_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "fer2013.csv")
    write(tmp_path / "icml_face_data.csv")
    assert len(prepare(tmp_path, tmp_path / "out")) == 21
    write(tmp_path / "ckextended.csv")
    with pytest.raises(DataError, match=r"holds 3 tables of emotion and pixels"):
        prepare(tmp_path, tmp_path / "out")


def test_a_line_without_an_end_is_no_memory_without_one(tmp_path: Path) -> None:
    bomb = gzip.compress(b"emotion,pixels,Usage\n" + b"1" * 30_000_000)
    (tmp_path / "fer2013.csv.gz").write_bytes(bomb)
    with pytest.raises(DataError, match="a line of more than 1,048,576 signs"):
        prepare(tmp_path / "fer2013.csv.gz", tmp_path / "out")


OK = face(0)
BAD_ROWS = {
    "too few pixels": ((0, "1 2 3", "Training"), "row 2 .line 3.: 3 pixels; expected 2304"),
    "too many pixels": (
        (0, " ".join(["1"] * 2305), "Training"),
        "row 2 .line 3.: 2305 pixels; expected 2304",
    ),
    "no pixels": ((0, "", "Training"), "row 2 .line 3.: .*expected 2304"),
    "a word among the pixels": (
        (0, "12 x" + " 3" * 2302, "Training"),
        "row 2 .line 3.: the pixels are not all whole numbers; expected 2304",
    ),
    "a fraction": (
        (0, "1.5" + " 3" * 2303, "Training"),
        "row 2 .line 3.: the pixels are not all whole numbers",
    ),
    "a bright pixel": (
        (0, "256" + " 3" * 2303, "Training"),
        "row 2 .line 3.: a pixel of value 256; expected 0..255",
    ),
    "a negative pixel": (
        (0, "-1" + " 3" * 2303, "Training"),
        "row 2 .line 3.: a pixel of value -1; expected 0..255",
    ),
    "an unknown label": (
        (8, OK, "Training"),
        "row 2 .line 3.: unknown label '8'; expected 0..6 .angry, disgust",
    ),
    "no number as label": (
        ("happy", OK, "Training"),
        "row 2 .line 3.: unknown label 'happy'; expected 0..6",
    ),
    "an unknown Usage": (
        (0, OK, "Test"),
        "row 2 .line 3.: unknown Usage 'Test'; expected Training, PublicTest, PrivateTest",
    ),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_wrong_row_names_file_row_and_what_was_expected(tmp_path: Path, case: str) -> None:
    row, message = BAD_ROWS[case]
    source = write(tmp_path / "fer2013.csv", [(0, OK, "Training"), row, (1, OK, "Training")])
    with pytest.raises(DataError, match=f"^{source}, {message}"):
        prepare(source, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["fer2013.csv"]


def test_a_short_row_is_named(tmp_path: Path) -> None:
    source = write(tmp_path / "fer2013.csv", [(0, OK, "Training")])
    source.write_text(source.read_text() + "3\n")
    with pytest.raises(
        DataError, match=r"row 2 \(line 3\): 1 columns; expected emotion,pixels,Usage"
    ):
        prepare(source, tmp_path / "out")


@pytest.mark.parametrize("kind", ["fer2013", "auto"])
@pytest.mark.parametrize("name", ["fer2013.csv", "mine.csv.gz"])
@pytest.mark.parametrize("column", ["emotion", "pixels", "Usage"])
def test_a_missing_column_is_named(tmp_path: Path, column: str, name: str, kind: str) -> None:
    header = "emotion,pixels,Usage".replace(column, "other")
    source = write(tmp_path / name, header=header)
    with pytest.raises(
        DataError,
        match=(
            f"^{source}, row 0 .the header.: no column '{column.lower()}'; expected "
            "emotion,pixels,Usage and found"
        ),
    ):
        prepare(source, tmp_path / "out", kind=kind)


def test_the_votes_alone_are_no_pixels(tmp_path: Path) -> None:
    source = tmp_path / "fer2013new.csv"
    source.write_text(votes_csv([[10] + [0] * 9] * 3, ["Training"] * 3))
    with pytest.raises(
        DataError,
        match=(
            f"^{source}: none of the 3 images that it lists is there, the first: fer0000000.png"
        ),
    ):
        prepare(source, tmp_path / "out")


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    for name, data in {
        "a.csv": b"",
        "b.csv": b"name,age\nx,3\n",
        "c.bin": bytes(range(256)) * 20,
        "d.gz": b"\x1f\x8bnot really",
    }.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(
            DataError, match=r"is no data set that prepare knows; expected a FER-2013 CSV"
        ):
            prepare(tmp_path / name, tmp_path / "out")
        with pytest.raises(DataError, match=name):
            prepare(tmp_path / name, tmp_path / "out", kind="fer2013")


def test_a_gzip_that_breaks_off_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "fer2013.csv.gz")
    source.write_bytes(source.read_bytes()[:-3000])
    with pytest.raises(
        DataError, match=r"fer2013.csv.gz: the gzip stream is damaged or breaks off"
    ):
        prepare(source, tmp_path / "out")


def test_a_csv_that_breaks_off_in_a_row_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "fer2013.csv")
    source.write_text(source.read_text()[:-4000])
    with pytest.raises(DataError, match=r"row 21 \(line 22\): 2 columns"):
        prepare(source, tmp_path / "out")


@needs_fer
@pytest.mark.slow
def test_the_real_csv_has_its_published_counts(real_fer: Pack) -> None:
    pack = real_fer
    assert {split: row["images"] for split, row in pack.info["counts"].items()} == {
        "train": 28709,
        "public": 3589,
        "private": 3589,
    }
    assert [pack.info["counts"]["private"][name] for name in EXPRESSIONS] == [
        491,
        55,
        528,
        879,
        594,
        416,
        626,
    ]
    assert pack.info["source"]["input_sha256"].startswith("aad278ad")
    labels = ferplus.labels_for(pack, FER_VOTES)
    counts = [
        int((labels[pack.rows(split)] >= 0).sum()) for split in ("train", "public", "private")
    ]
    # The majority rule of the published reader; 3,153 is the test set's size in the literature.
    assert counts == [25060, 3199, 3153]


@needs_fer
def test_the_first_real_rows_are_read_as_an_independent_reader_reads_them() -> None:
    with gzip.open(FER_CSV, "rt") as file:
        next(file)
        lines = [next(file).rstrip("\n").split(",") for _ in range(20)]
    rows = iter(fer2013.FerFile(FER_CSV))
    for label, pixels, usage in lines:
        row = next(rows)
        assert row.label == int(label)
        assert row.split == SPLITS[usage]
        assert row.pixels.tolist() == [
            [int(v) for v in pixels.split()][y * 48 : y * 48 + 48] for y in range(48)
        ]


def test_a_header_over_several_lines_is_told_in_one(tmp_path: Path) -> None:
    (tmp_path / "fer2013.csv").write_text('"motion,pixels\n7",pixels,Usage\n')
    with pytest.raises(DataError, match="no column 'emotion'") as caught:
        prepare(tmp_path / "fer2013.csv", tmp_path / "out")
    assert "\n" not in str(caught.value)


def test_the_challenges_train_csv_has_no_usage(tmp_path: Path) -> None:
    """All of it is training, which is told; a column that might be the Usage is asked about."""
    heard = Heard()
    rows = [
        ",".join((str(label), pixels_text)) for label, pixels_text in ((3, PIXELS), (4, PIXELS))
    ]
    (tmp_path / "train.csv").write_text("emotion,pixels\n" + "\n".join(rows) + "\n")
    pack = prepare(tmp_path / "train.csv", tmp_path / "out", progress=heard)
    assert [pack.expressions[label] for label in pack.labels] == ["happy", "sad"]
    assert set(pack.split) == {"train"}
    assert any("no column Usage; all rows become train" in line for line in heard.lines)


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_signs_between_columns(tmp_path: Path, sign: str) -> None:
    (tmp_path / "a.csv").write_text(
        f"emotion{sign}pixels{sign}Usage\n7{sign}{PIXELS}{sign}Training\n"
    )
    pack = prepare(tmp_path / "a.csv", tmp_path / "out")
    assert [pack.expressions[label] for label in pack.labels] == ["contempt"]


PIXELS = " ".join(["7"] * 2304)
