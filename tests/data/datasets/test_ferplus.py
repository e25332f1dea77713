"""FER+: votes become labels or shares, and join the pixels row by row."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets import ferplus
from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT
from tests.data.trees import (
    face,
    votes_csv,
    write,
)

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
