"""Packs are written whole or not at all, the same bytes for the same faces."""

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, Skipped, write_pack
from asdcfer.errors import AsdcferError, DataError
from tests.data.pack_faces import NAMES, faces
from tests.data.trees import contents, face


def test_the_same_faces_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_pack(tmp_path / name, faces(votes=True), expressions=NAMES, source={"kind": "test"})
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_an_existing_pack_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    write_pack(tmp_path / "p", faces(6), expressions=NAMES, source={})
    write_pack(tmp_path / "p", faces(2), expressions=NAMES, source={})
    assert len(load_pack(tmp_path / "p")) == 2
    assert os.listdir(tmp_path) == ["p"]
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years")
    with pytest.raises(DataError, match=r"is not a pack; choose another OUT"):
        write_pack(precious, faces(), expressions=NAMES, source={})
    assert contents(precious) == {"thesis.txt": b"years"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "no usable image was found; 1 were skipped, the first: a.txt: not an image"),
        (
            [PackItem(face(0), "a"), PackItem(face(1, (20, 20)), "b")],
            r"b: uint8 \(20, 20\) where the pack holds uint8 \(48, 48\)",
        ),
        ([PackItem(face(0).astype(float), "a")], "a: float64"),
        (
            [PackItem(face(0), "a", votes=np.ones(2)), PackItem(face(1), "b")],
            "some faces carry votes and some do not",
        ),
        (
            [PackItem(face(0), "a", votes=np.ones(3))],
            r"a: votes of shape \(3,\) where the pack has 2 expressions",
        ),
        ([PackItem(face(0), "a", label=2)], "a: label 2 where the pack has 2 expressions"),
    ],
)
def test_wrong_faces_leave_the_earlier_pack_as_it_was(
    tmp_path: Path, wrong: list[PackItem], message: str
) -> None:
    write_pack(tmp_path / "p", faces(), expressions=NAMES, source={})
    before = contents(tmp_path)
    with pytest.raises(DataError, match=message):
        write_pack(
            tmp_path / "p",
            wrong,
            expressions=NAMES,
            source={},
            skipped=[Skipped("a.txt", "not an image")],
        )
    assert contents(tmp_path) == before


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    def interrupted():
        yield from faces(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_pack(tmp_path / "p", interrupted(), expressions=NAMES, source={})
    assert os.listdir(tmp_path) == []


SLOW_WRITER = """
import sys, time
import numpy as np
from asdcfer.data.pack_writing import PackItem, write_pack
def faces():
    for i in range(100):
        yield PackItem(np.full((48, 48), i, np.uint8), str(i))
        if i == 20:
            print("half", flush=True)
            time.sleep(60)
write_pack(sys.argv[1], faces(), expressions=["angry"], source={})
"""


def test_a_killed_run_leaves_no_pack_and_the_next_run_clears_up_after_it(tmp_path: Path) -> None:
    out = tmp_path / "p"
    write_pack(out, faces(), expressions=NAMES, source={})
    before = contents(out)
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_WRITER, str(out)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        with pytest.raises(
            AsdcferError, match=rf"is in use by another run \(process {process.pid}"
        ):
            write_pack(out, faces(), expressions=NAMES, source={})
        assert len(os.listdir(tmp_path)) == 3, "a run that is alive keeps its folder"
        process.send_signal(signal.SIGKILL)
    assert contents(out) == before, "the earlier pack is untouched"
    assert len(os.listdir(tmp_path)) == 3, "what the killed run left is hidden beside it"
    write_pack(out, faces(3), expressions=NAMES, source={})
    assert os.listdir(tmp_path) == ["p"]
    assert len(load_pack(out)) == 3


FULL_DISK = """
import signal, sys, resource
import numpy as np
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import AsdcferError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    black = np.zeros((48, 48), np.uint8)
    faces = (PackItem(black, str(i)) for i in range(1000))
    write_pack(sys.argv[1], faces, expressions=["angry"], source={})
except AsdcferError as error:
    print(error)
"""


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "p")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(
        r"cannot write .*/p: File too large; nothing there was changed\n", done.stdout
    ), done
    assert os.listdir(tmp_path) == []


def test_an_out_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AsdcferError, match=r"is a file; a folder is wanted there"):
        write_pack(tmp_path / "file" / "p", faces(), expressions=NAMES, source={})


def test_classes_named_like_a_column_of_the_counts_are_counted(tmp_path: Path) -> None:
    image = np.zeros((8, 8), np.uint8)
    names = ("images", "unlabeled", "happy")
    faces = [PackItem(image, str(i), label=label) for i, label in enumerate((0, 0, 1, -1))]
    pack = load_pack(write_pack(tmp_path / "p", faces, expressions=names, source={}))
    assert pack.info["counts"]["train"] == {
        **{"images": 4, "images (class)": 2, "unlabeled (class)": 1, "happy": 0},
        "unlabeled": 1,
    }
