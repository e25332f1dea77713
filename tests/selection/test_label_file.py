"""The file of labels: its bytes after each label, what it keeps, and what it refuses."""

import csv
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.errors import AsdcferError, DataError, InputError
from asdcfer.selection.label_file import ChangedError, LabelFile

KEYS = st.sampled_from(["a", "b,c", 'q"', "visit.mp4#3@12.5", "ä"])
STEPS = st.lists(st.tuples(KEYS, st.sampled_from(["happy", "sad", "unknown", None])), max_size=12)


def test_the_first_label_makes_the_file_and_the_last_undo_empties_it(tmp_path: Path) -> None:
    file = LabelFile(tmp_path / "new" / "labels.csv")
    assert file.labels() == {}
    assert not file.path.exists()
    file.change("a.png", None, "happy")
    assert file.path.read_bytes() == b"id,label\na.png,happy\n"
    file.change("b,c.png", None, "sad")
    assert file.path.read_bytes() == b'id,label\na.png,happy\n"b,c.png",sad\n'
    file.change("a.png", "happy", None)
    file.change("b,c.png", "sad", None)
    assert file.path.read_bytes() == b"id,label\n"
    assert [one.name for one in file.path.parent.iterdir()] == ["labels.csv"]


@pytest.mark.slow
@settings(max_examples=30)
@given(STEPS)
def test_a_file_holds_the_last_label_of_each_face(tmp_path_factory, steps) -> None:
    file = LabelFile(tmp_path_factory.mktemp("labels") / "labels.csv")
    known: dict[str, str] = {}
    for key, label in steps:
        file.set(key, label)
        known.pop(key, None) if label is None else known.update({key: label})
        assert LabelFile(file.path).labels() == file.labels() == known


@pytest.mark.parametrize(
    "start",
    [
        b"file,expression,suggestion\nfaces/1.png,,happy\nfaces/2.png,sad,\n",
        b"\xef\xbb\xbfpath;emotion\r\nfaces/1.png;\r\nx;sad\r\n",
        b"note\tLabel\tID\nn\t\tfaces/1.png\n",
    ],
)
def test_a_file_that_is_there_keeps_its_form_and_undo_gives_its_bytes(
    tmp_path: Path, start: bytes
) -> None:
    path = tmp_path / "to_label.csv"
    path.write_bytes(start)
    file = LabelFile(path)
    before = file.labels()
    file.change("faces/1.png", None, "fear")
    changed = path.read_bytes()
    assert changed.replace(b"fear", b"") == start
    assert file.labels() == {**before, "faces/1.png": "fear"}
    file.change("faces/1.png", "fear", None)
    assert path.read_bytes() == start


def test_a_label_that_another_gave_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    mine, theirs = LabelFile(tmp_path / "labels.csv"), LabelFile(tmp_path / "labels.csv")
    theirs.change("a", None, "sad")
    with pytest.raises(ChangedError) as refused:
        mine.change("a", None, "happy")
    assert refused.value.now == "sad"
    mine.change("a", None, "sad")
    mine.change("b", None, "happy")
    assert theirs.labels() == {"a": "sad", "b": "happy"}
    theirs.path.unlink()
    assert mine.labels() == {}


def test_many_threads_lose_no_label(tmp_path: Path) -> None:
    file = LabelFile(tmp_path / "labels.csv")

    def label(part: int) -> None:
        for number in range(8):
            file.set(f"{part}-{number}", "happy")

    threads = [threading.Thread(target=label, args=(part,)) for part in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with file.path.open(newline="") as text:
        assert len(list(csv.DictReader(text))) == len(file.labels()) == 48


def test_a_read_only_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("id,label\na,sad\n")
    file = LabelFile(path)
    path.chmod(0o444)
    with pytest.raises(InputError, match="is read-only; labels cannot be saved there"):
        file.set("b", "happy")
    with pytest.raises(InputError, match="is read-only"):
        LabelFile(path)
    assert path.read_text() == "id,label\na,sad\n"
    assert file.labels() == {"a": "sad"}


def test_a_full_disk_leaves_the_labels_as_they_were(tmp_path: Path, monkeypatch) -> None:
    file = LabelFile(tmp_path / "labels.csv")
    file.set("a", "sad")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("asdcfer.files.os.replace", full)
    with pytest.raises(AsdcferError, match="No space left on device; nothing there was changed"):
        file.set("b", "happy")
    assert file.labels() == {"a": "sad"}
    assert [one.name for one in tmp_path.iterdir()] == ["labels.csv"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name,label\na,sad\n", "has no column id or file; it has name, label"),
        ("id,what\na,sad\n", "has no column label or expression; it has id, what"),
        ("id,label\na,sad\nb,sad\na,happy\n", "row 4: a has two labels, sad and happy; keep one"),
    ],
)
def test_a_file_that_is_no_list_of_labels_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(DataError) as refused:
        LabelFile(path)
    assert str(refused.value) == f"{path} {line}"
    path.write_bytes(b"\xff\xfeid,label")
    with pytest.raises(DataError, match="cannot be read as a table"):
        LabelFile(path)


def test_short_rows_blank_lines_and_an_empty_file_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("id,label,who\na\n\nb,sad\nb,sad\n")
    file = LabelFile(path)
    file.set("a", "happy")
    assert path.read_text() == "id,label,who\na,happy,\nb,sad,\n"
    path.write_text("")
    file.set("a", "happy")
    assert path.read_text() == "id,label\na,happy\n"
