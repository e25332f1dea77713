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
    fer_csv,
    fer_rows,
    needs_fer,
    votes_csv,
)

SPLITS = {"Training": "train", "PublicTest": "public", "PrivateTest": "private"}


def write(path: Path, rows=None, **how) -> Path:
    text = fer_csv(fer_rows(21) if rows is None else rows, **how)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["fer2013.csv", "fer2013.csv.gz", "renamed.csv"])
def test_plain_and_gzip_give_the_same_faces(tmp_path: Path, name: str) -> None:
    told: list[str] = []
    pack = prepare(write(tmp_path / name), tmp_path / "out", told=told.append)
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
    assert len(told) == 1
    assert "recognized as fer2013" in told[0]
    assert "emotion, pixels, Usage" in told[0]


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


def test_size_and_color(tmp_path: Path) -> None:
    source = write(tmp_path / "fer2013.csv")
    assert prepare(source, tmp_path / "a", Options(size=32)).images.shape == (21, 32, 32)
    colored = prepare(source, tmp_path / "b", Options(color=True)).images
    assert colored.shape == (21, 48, 48, 3)
    assert np.array_equal(colored[3, :, :, 1], face(3))


def test_the_same_input_gives_the_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    prepare(write(tmp_path / "fer2013.csv"), tmp_path / "a")
    prepare(write(tmp_path / "elsewhere" / "fer2013.csv"), tmp_path / "elsewhere" / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "elsewhere" / "b")


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, float]] = []
    prepare(
        write(tmp_path / "fer2013.csv"),
        tmp_path / "out",
        progress=lambda done, fraction: seen.append((done, fraction)),
    )
    assert [done for done, _ in seen] == list(range(1, 22))
    assert seen[-1][1] == 1
    assert all(0 <= f <= 1 for _, f in seen)


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
        (7, OK, "Training"),
        "row 2 .line 3.: unknown label '7'; expected 0..6 .angry, disgust",
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
            f"^{source}, row 0 .the header.: no column 'emotion'; expected emotion,pixels,Usage "
            "and found usage, image name"
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


def test_detection_is_refused_for_faces_that_are_cropped_already(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cropped faces already; leave --detect away"):
        prepare(write(tmp_path / "fer2013.csv"), tmp_path / "out", Options(crop=lambda image: []))


# FER+: columns are neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown,
# NF.
VOTES = [
    (8, 1, 1, 0, 0, 0, 0, 0, 0, 0),  # neutral
    (0, 0, 0, 0, 0, 0, 0, 10, 0, 0),  # contempt
    (
        4,
        0,
        0,
        1,
        3,
        2,
        0,
        0,
        0,
        0,
    ),  # neutral has the most of nine (single vote struck out), but not more than half
    (1, 1, 0, 0, 0, 0, 0, 0, 8, 0),  # unknown
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 10),  # not a face
    (0, 0, 0, 0, 0, 6, 4, 0, 0, 0),  # disgust, with a share of fear
    (10, 0, 0, 0, 0, 0, 0, 0, 0, 0),  # without a name: judged not a face
]


@pytest.fixture
def plus(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    rows = [(6, face(i), "Training" if i < 4 else "PrivateTest") for i in range(len(VOTES))]
    write(folder / "fer2013.csv", rows)
    (folder / "fer2013new.csv").write_text(
        votes_csv(VOTES, [row[2] for row in rows], [True] * 6 + [False])
    )
    return folder


def test_majority_labels_drop_what_has_no_majority(plus: Path, tmp_path: Path) -> None:
    pack = prepare(plus, tmp_path / "out", kind="ferplus")
    assert pack.ids == ["fer0000000", "fer0000001", "fer0000005"]
    assert pack.expressions == EXPRESSIONS_WITH_CONTEMPT
    assert pack.votes is None
    assert [pack.expressions[i] for i in pack.labels] == ["neutral", "contempt", "disgust"]
    assert pack.split.tolist() == ["train", "train", "private"]
    assert np.array_equal(pack.images[2], face(5))
    assert {s["source_id"][-1]: s["reason"] for s in pack.info["skipped"]} == {
        "2": "no majority (FER+)",
        "3": "unknown expression (FER+)",
        "4": "not a face (FER+)",
        "6": "not a face (FER+)",
    }


def test_plurality_labels_keep_them(plus: Path, tmp_path: Path) -> None:
    pack = prepare(plus, tmp_path / "out", Options(targets="plurality"), kind="ferplus")
    assert [pack.expressions[i] for i in pack.labels] == [
        "neutral",
        "contempt",
        "neutral",
        "disgust",
    ]


def test_probability_targets_are_shares_of_the_leading_expressions(
    plus: Path, tmp_path: Path
) -> None:
    pack = prepare(plus, tmp_path / "out", Options(targets="probability"), kind="ferplus")
    assert pack.votes is not None
    assert np.allclose(pack.votes.sum(1), 1)
    shares = [
        {pack.expressions[k]: round(float(row[k]), 4) for k in np.flatnonzero(row)}
        for row in pack.votes
    ]
    assert shares == [
        {"neutral": 1.0},
        {"contempt": 1.0},
        {"neutral": 0.5714, "angry": 0.4286},
        {"disgust": 0.6, "fear": 0.4},
    ]
    assert [pack.expressions[i] for i in pack.labels] == [
        "neutral",
        "contempt",
        "neutral",
        "disgust",
    ]


def test_seven_expressions_drop_contempt(plus: Path, tmp_path: Path) -> None:
    pack = prepare(
        plus, tmp_path / "out", Options(targets="probability", expressions=7), kind="ferplus"
    )
    assert pack.expressions == EXPRESSIONS
    assert pack.votes is not None
    assert pack.votes.shape == (3, 7)
    assert np.allclose(pack.votes.sum(1), 1)
    assert {
        "source_id": "fer0000001",
        "reason": "outside the 7 expressions (contempt)",
    } in pack.info["skipped"]


def test_votes_may_lie_elsewhere_and_then_say_what_is_meant(plus: Path, tmp_path: Path) -> None:
    votes = (plus / "fer2013new.csv").rename(tmp_path / "votes.csv")
    assert (
        prepare(plus / "fer2013.csv", tmp_path / "out", Options(votes=votes)).info["source"]["kind"]
        == "ferplus"
    )
    with pytest.raises(DataError, match=r"FER. needs fer2013.csv .* and fer2013new.csv"):
        prepare(plus, tmp_path / "out", kind="ferplus")


def slow_probability(votes: list[int]) -> list[float] | None:
    """The published reader's rule for probabilities, step by step on lists of ten."""
    left = [v if v > 1 else 0 for v in votes]
    total, kept, taken, stop = sum(left), [0] * 8, 0, False
    while sum(kept) < 0.75 * total and taken < 3 and not stop:
        top = max(left)
        for k in range(10):
            if left[k] == top:
                left[k] = 0
                if k >= 8:
                    stop = True
                    break
                kept[k] = top
                taken += 1
    if sum(kept) * 2 <= total or taken > 3:
        return None
    return [k / sum(kept) for k in kept]


def test_probability_targets_agree_with_the_slow_rule() -> None:
    rng = np.random.default_rng(0)
    for _ in range(2000):
        votes = rng.multinomial(10, rng.dirichlet(np.full(10, 0.3)))
        fast, slow = ferplus.target(votes, "probability"), slow_probability(votes.tolist())
        assert isinstance(fast, str) if slow is None else np.allclose(fast, slow), votes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace("contempt", "scorn"),
            "row 0 .the header.: no column 'contempt'; expected Usage,Image name,neutral",
        ),
        (
            lambda text: text.replace("neutral,happiness", "happiness,neutral"),
            "row 0 .the header.: columns in another order",
        ),
        (
            lambda text: text.replace("8,1,1", "8,1"),
            r"row 1 \(line 2\): expected a Usage, an image name and ten counts",
        ),
        (lambda text: text.replace("8,1,1", "8,x,1"), r"row 1 \(line 2\): expected"),
        (
            lambda text: "\n".join(text.splitlines()[:-1]) + "\n",
            "has 6 rows and .*fer2013.csv has more",
        ),
        (lambda text: text + text.splitlines()[-1] + "\n", "has 8 rows and .*fer2013.csv has 7"),
        (
            lambda text: text.replace("Training", "PublicTest", 1),
            "row 1: Usage PublicTest where .* says train; the files do not belong together",
        ),
    ],
)
def test_wrong_votes_name_file_and_row(plus: Path, tmp_path: Path, change, message: str) -> None:
    file = plus / "fer2013new.csv"
    file.write_text(change(file.read_text()))
    with pytest.raises(DataError, match=message) as caught:
        prepare(plus, tmp_path / "out", kind="ferplus")
    assert "fer2013new.csv" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_an_unknown_target_is_refused(plus: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected majority, plurality, probability"):
        prepare(plus, tmp_path / "out", Options(targets="median"), kind="ferplus")


def test_labels_join_a_pack_of_the_csv(plus: Path, tmp_path: Path) -> None:
    pack = prepare(plus, tmp_path / "out")
    labels = ferplus.labels_for(pack, plus / "fer2013new.csv")
    assert [EXPRESSIONS_WITH_CONTEMPT[i] if i >= 0 else "" for i in labels] == [
        "neutral",
        "contempt",
        "",
        "",
        "",
        "disgust",
        "",
    ]


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
