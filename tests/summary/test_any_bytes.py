"""Whatever bytes are called scores or names: they are read, or an `InputError` of one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.errors import InputError
from asdcfer.predict.table_io import files_in_table
from asdcfer.summary.score_table import read_names, read_scores
from tests.fuzzing import cases, damaged, refusing
from tests.summary.standin import table

NAMES = b"file,face,person\na.mp4,0,Ada\na.mp4,1,Bo\n"


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("tables")
    faces = {("a.mp4", 0): "hhsN.", ("a.mp4", 1): "nnnn"}
    kinds = ("csv", "tsv", "json", "jsonl", "parquet")
    return {f"t.{kind}": table(folder / f"t.{kind}", faces).read_bytes() for kind in kinds} | {
        "names.csv": NAMES
    }


def check(path: Path) -> None:
    with refusing(InputError):
        assert all(isinstance(name, str) for name in files_in_table(path))
    with refusing(InputError):
        found = read_scores(path)
        assert found.people
        assert all(len(track.times) == len(track.scores) for track in found.tracks)
    if path.suffix == ".csv":
        with refusing(InputError):
            assert isinstance(read_names(path), dict)


@pytest.mark.fuzz
@cases(150)
@given(data=st.data())
def test_damaged_tables(tmp_path: Path, originals: dict[str, bytes], data: st.DataObject) -> None:
    name, raw = data.draw(damaged(originals))
    (tmp_path / name).write_bytes(raw)
    check(tmp_path / name)
    assert (tmp_path / name).read_bytes() == raw


@pytest.mark.fuzz
@cases(60)
@given(
    raw=st.binary(max_size=80),
    head=st.sampled_from([b"", b"[", b"file,face,person\n", b"PAR1"]),
    kind=st.sampled_from(["csv", "tsv", "json", "jsonl", "parquet"]),
)
def test_any_bytes(tmp_path: Path, raw: bytes, head: bytes, kind: str) -> None:
    (tmp_path / f"t.{kind}").write_bytes(head + raw)
    check(tmp_path / f"t.{kind}")


@pytest.mark.fuzz
@cases(60)
@given(
    cells=st.lists(
        st.lists(
            st.one_of(st.sampled_from(["", "nan", "inf", "-1", "1e999", "0"]), st.text(max_size=4)),
            min_size=12,
            max_size=12,
        ),
        max_size=4,
    )
)
def test_tables_of_any_words(tmp_path: Path, cells: list[list[str]]) -> None:
    head = "file,frame,time,face,x,y,width,height,happy,expression,confidence,status"
    lines = [head, *(",".join(row) for row in cells)]
    (tmp_path / "t.csv").write_text("\n".join(lines), "utf-8", errors="replace")
    check(tmp_path / "t.csv")
