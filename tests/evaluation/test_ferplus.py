import numpy as np
import pytest

from asdcfer.data.datasets.ferplus import labels_of
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.sample import sample_pack
from asdcfer.errors import DataError
from asdcfer.evaluation.ferplus import ferplus_task
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT
from tests.evaluation.standin import toy_pack


def test_majority_of_votes() -> None:
    votes = np.zeros((5, 10), int)
    votes[0, 3] = 10
    votes[1, [0, 1]] = 5  # a draw
    votes[2, [4, 5, 6]] = [4, 3, 1]  # a slip is struck out: 4 of 7
    votes[3, 8] = 10  # unknown
    votes[4, 9] = 10  # not a face
    assert labels_of(votes).tolist() == [3, -1, 4, -1, -1]


@pytest.mark.slow
def test_ferplus_of_the_sample_is_that_of_the_official_file(tmp_path) -> None:
    pack = sample_pack()
    task = ferplus_task(pack)
    assert task is not None
    assert task.expressions == EXPRESSIONS_WITH_CONTEMPT
    assert task.target == "ferplus"
    official = [
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    ]
    table = np.load(pack.path.parent / "ferplus_votes.npy")
    row_of = {int(name.removeprefix("fer")): i for i, name in enumerate(pack.ids)}
    for row in range(max(row_of) + 1):
        votes = table[row_of[row]] if row in row_of else [10, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        official.append(f"Training,fer{row:07d}.png," + ",".join(map(str, votes)))
    (tmp_path / "fer2013new.csv").write_text("\n".join(official) + "\n")
    joined = ferplus_task(pack, tmp_path / "fer2013new.csv")
    assert np.array_equal(joined.labels, task.labels)
    # Ten people and FER-2013 agree on most faces, contempt aside.
    known = (task.labels >= 0) & (task.labels < 7)
    assert (task.labels[known] == pack.labels[known]).mean() > 0.6
    with pytest.raises(DataError, match="no FER"):
        ferplus_task(pack, tmp_path / "none.csv")


def test_votes_of_a_pack_are_ferplus_labels_and_foreign_ids_are_named(tmp_path) -> None:
    rng = np.random.default_rng(0)
    votes = np.eye(8, dtype=np.float32)[[0, 1, 7, 0, 1, 7]]
    votes[5] = 1 / 8
    faces = [
        PackItem(
            rng.integers(0, 256, (24, 24), np.uint8),
            f"x{i}",
            "train" if i < 3 else "private",
            int(votes[i].argmax()),
            votes[i],
        )
        for i in range(6)
    ]
    write_pack(
        tmp_path / "p", faces, expressions=EXPRESSIONS_WITH_CONTEMPT, source={"kind": "tree"}
    )
    pack = load_pack(tmp_path / "p")
    task = ferplus_task(pack)
    assert task is not None
    assert task.labels.tolist() == [0, 1, 7, 0, 1, -1]
    columns = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    header = f"Usage,Image name,{columns}\n"
    (tmp_path / "v.csv").write_text(header + "Training,fer0000000.png,9,0,0,0,0,0,0,0,1,0\n")
    with pytest.raises(DataError, match=r"'x0', which .*v\.csv knows nothing of"):
        ferplus_task(pack, tmp_path / "v.csv")
    assert ferplus_task(toy_pack(tmp_path / "q")) is None
