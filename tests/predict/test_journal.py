import pytest

from asdcfer.errors import InputError
from asdcfer.predict.columns import column_names, face_columns
from asdcfer.predict.journal import Journal, face_rows, failed_row
from tests.recognition.standin import NAMES, face


def test_rows_have_every_column():
    (row,) = face_rows("a.jpg", 3, 0.12345, [face()])
    assert set(row) == set(column_names(face_columns(NAMES)))
    assert row["time"] == 0.1235
    assert row["x"] == 1.23
    assert row["happy"] == 0.75
    assert row["face"] == 0
    (row,) = face_rows("a.jpg", 0, 0.0, [])
    assert row["status"] == "no face"
    assert set(row) <= set(column_names(face_columns(NAMES)))
    assert failed_row("a.jpg", "a.jpg: empty (zero bytes)")["status"] == "error: empty (zero bytes)"
    assert failed_row("a.mp4", "cut", 7, 0.3)["status"] == "broken off: cut"


def test_a_journal_drops_unfinished_files_and_half_lines(tmp_path):
    path = tmp_path / "j"
    with Journal(path, {"model": 1}) as journal:
        journal.add([{"file": "a", "frame": 0}])
        journal.finish("a")
        journal.add([{"file": "b", "frame": 0}])
    with path.open("a") as file:
        file.write('{"file": "b", "fra')
    with Journal(path, {"model": 1}, resume=True) as journal:
        assert journal.finished == {"a"}
        journal.add([{"file": "b", "frame": 0}, {"file": "b", "frame": 1}])
        journal.finish("b")
        assert [(row["file"], row["frame"]) for row in journal.rows()] == [
            ("a", 0),
            ("b", 0),
            ("b", 1),
        ]
    with pytest.raises(InputError, match="other settings"):
        Journal(path, {"model": 2}, resume=True)
    Journal(path, {"model": 2}).delete()
    assert not path.exists()


def test_a_journal_knows_files_by_their_key_and_remembers_videos(tmp_path):
    with Journal(tmp_path / "j", {}) as journal:
        for file, key, video in (("./a.mp4", "/in/a.mp4", True), ("b.jpg", "/in/b.jpg", False)):
            journal.add([{"file": file}])
            journal.finish(file, key, video)
    with Journal(tmp_path / "j", {}, resume=True) as again:
        for one in (journal, again):
            assert one.finished == {"/in/a.mp4", "/in/b.jpg"}
            assert one.videos == {"./a.mp4"}
        assert [row["file"] for row in again.rows()] == ["./a.mp4", "b.jpg"]


@pytest.mark.parametrize(
    ("ends", "finished"),
    [
        (b'{"finished": "a.jpg", "key": "/a.jpg", "video": false}', {"/a.jpg"}),
        (b'{"finished": "a.jpg", "key": "/a.jpg", "vid', set()),
        (b'{"file": 3}\n{"finished": "a.jpg", "key": "/a.jpg", "video": false}\n', set()),
        (b"3\n", set()),
        (b"\0\0\0\0", set()),
    ],
)
def test_what_a_cut_of_the_power_left_is_gone_on_with(tmp_path, ends, finished):
    head = b'{"settings": {}}\n{"file": "a.jpg"}\n'
    (tmp_path / "rows").write_bytes(head + ends)
    with Journal(tmp_path / "rows", {}, resume=True) as journal:
        assert journal.finished == finished
        journal.add([{"file": "b.jpg"}])
        journal.finish("b.jpg")
        names = [row["file"] for row in journal.rows()]
    assert names == (["a.jpg", "b.jpg"] if finished else ["b.jpg"])


def test_tracks_of_finished_files_are_kept_and_are_no_rows(tmp_path):
    path = tmp_path / "j"
    with Journal(path, {}) as journal:
        journal.add([{"file": "a", "frame": 0}])
        journal.add_tracks([{"file": "a", "track": 0}])
        journal.finish("a")
        journal.add_tracks([{"file": "b", "track": 0}])
        assert [line["file"] for line in journal.tracks()] == ["a", "b"]
    with Journal(path, {}, resume=True) as journal:
        assert list(journal.rows()) == [{"file": "a", "frame": 0}]
        assert list(journal.tracks()) == [{"file": "a", "track": 0}]


def test_what_is_finished_or_asked_for_is_on_disk_while_the_journal_is_open(tmp_path):
    path = tmp_path / "journal"
    with Journal(path, {"model": "a"}) as journal:
        journal.add([{"file": "a.jpg"}])
        journal.finish("a.jpg")
        assert list(Journal.read(path)) == [{"file": "a.jpg"}], "a kill would lose what is finished"
        assert '"finished": "a.jpg"' in path.read_text()
        journal.add_tracks([{"file": "b.mp4", "track": 0}])
        assert list(journal.tracks()) == [{"file": "b.mp4", "track": 0}]
        journal.add([{"file": "b.mp4"}])
        assert list(journal.rows()) == [{"file": "a.jpg"}, {"file": "b.mp4"}]
    assert list(journal.rows()) == [{"file": "a.jpg"}, {"file": "b.mp4"}]
    assert len(list(journal.tracks())) == 1
