"""Files in order, in batches, with a row for what cannot be read."""

import errno
from pathlib import Path

import cv2
import numpy as np
import pytest

from asdcfer.errors import AsdcferError, InputError
from asdcfer.predict import batch, file_batches
from asdcfer.predict.batch import Settings, predict_files
from asdcfer.predict.inputs import collect
from asdcfer.predict.journal import Journal
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.video import Frame
from tests.recognition.standin import face, write_video


class Recognizer:
    """Finds one face in each picture; remembers how many came together."""

    max_pixels = 10_000

    def __init__(self):
        self.together = []

    def __call__(self, images, explain=False):
        self.together.append(len(images))
        if any(image.shape[0] == 77 for image in images):
            raise MemoryError("too large")
        return [[face()] for _ in images]

    def video(self, path, every=1, explain=False, sampling=None):
        for number in range(0, 4, sampling.every if sampling else every):
            yield Frame(number, number / 10, np.zeros((8, 8, 3), np.uint8), [face()])
        raise InputError(f"{path}: cut")

    def follow(self, frames):
        return frames


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    for number in range(5):
        cv2.imwrite(str(inside / f"{number}.png"), np.zeros((8 + number, 9, 3), np.uint8))
    (inside / "text.jpg").write_text("no picture")
    write_video(inside / "2b.avi", [np.zeros((64, 96, 3), np.uint8)] * 4)
    return inside


def run(folder, journal, recognizer, every=1, calls=None):
    told = [] if calls is None else calls
    settings = Settings(
        FrameSampling(every), wording=lambda reason: reason.replace("`max_pixels`", "--max-pixels")
    )
    return predict_files(
        recognizer, collect([folder]), journal, settings, lambda *call: told.append(call)
    )


def test_rows_come_in_order_and_what_fails_is_told(folder, tmp_path):
    calls = []
    with Journal(tmp_path / "j", {}) as journal:
        summary = run(folder, journal, Recognizer(), 2, calls)
        rows = [(row["file"].rsplit("/")[-1], row["status"]) for row in journal.rows()]
    assert rows == [
        ("0.png", "ok"),
        ("1.png", "ok"),
        ("2.png", "ok"),
        ("2b.avi", "ok"),
        ("2b.avi", "ok"),
        ("2b.avi", "broken off: cut"),
        ("3.png", "ok"),
        ("4.png", "ok"),
        ("text.jpg", "error: not a picture in a format that can be read"),
    ]
    assert (summary.files, summary.failed, summary.broken, summary.resumed) == (7, 1, 1, 0)
    assert sum(share >= 1 for _, share, _ in calls) == 7
    assert {name for name, _, _ in calls} == {str(item.path) for item in collect([folder])}


def test_photos_are_recognized_together_up_to_a_bound(folder, tmp_path, monkeypatch):
    for bound, wanted in ((file_batches._BATCH_FILES, [3, 2]), (2, [2, 1, 2, 0])):
        monkeypatch.setattr(file_batches, "_BATCH_FILES", bound)
        recognizer = Recognizer()
        with Journal(tmp_path / f"j{bound}", {}) as journal:
            run(folder, journal, recognizer)
        assert recognizer.together == wanted
    monkeypatch.setattr(file_batches, "_BATCH_PIXELS", 1)
    with Journal(tmp_path / "pixels", {}) as journal:
        run(folder, journal, recognizer := Recognizer())
    assert max(recognizer.together) == 1


def test_finished_files_are_passed_over(folder, tmp_path):
    with Journal(tmp_path / "j", {}) as journal:
        run(folder, journal, Recognizer())
        before = list(journal.rows())
    with Journal(tmp_path / "j", {}, resume=True) as journal:
        summary = run(folder, journal, recognizer := Recognizer())
        assert (summary.files, summary.resumed, recognizer.together) == (0, 7, [])
        assert list(journal.rows()) == before


def test_one_picture_at_fault_costs_its_own_row_only(folder, tmp_path):
    cv2.imwrite(str(folder / "1.png"), np.zeros((77, 9, 3), np.uint8))
    with Journal(tmp_path / "j", {}) as journal:
        run(folder, journal, Recognizer())
        failed = [row for row in journal.rows() if row["status"].startswith("error: recognition")]
    (row,) = failed
    assert row["status"] == "error: recognition failed (MemoryError: too large)"
    assert row["file"].endswith("1.png")


def test_what_cannot_be_read_is_known_before_or_told_by_the_limit(folder, tmp_path):
    cv2.imwrite(str(folder / "large.png"), np.zeros((101, 100, 3), np.uint8))
    (folder / "away").symlink_to(tmp_path / "nowhere")
    with Journal(tmp_path / "j", {}) as journal:
        summary = run(folder, journal, Recognizer())
        said = {row["file"].rsplit("/")[-1]: row["status"] for row in journal.rows()}
    assert said["away"] == f"error: a link to {tmp_path / 'nowhere'}, where nothing is"
    assert "100 x 101 pixels are more than the 10,000 allowed" in said["large.png"]
    assert "raise it with --max-pixels" in said["large.png"]
    assert summary.failed == 3


def test_a_file_of_another_name_is_tried_as_both(folder, tmp_path):
    (folder / "2b.avi").rename(tmp_path / "film.xyz")
    (folder / "0.png").rename(tmp_path / "photo.xyz")
    (tmp_path / "notes.xyz").write_text("neither")
    named = [tmp_path / f"{name}.xyz" for name in ("film", "photo", "notes")]
    with Journal(tmp_path / "j", {}) as journal:
        predict_files(Recognizer(), collect(named), journal, Settings(), lambda *_: None)
        said = {Path(row["file"]).stem: row["status"] for row in journal.rows()}
    assert said["photo"] == "ok"
    assert said["film"].startswith("broken off")
    assert said["notes"].startswith("error: neither a picture nor a video")


def copies(folder, tmp_path, monkeypatch, number):
    def refused(*_):
        raise AsdcferError("cannot write a.png") from OSError(number, "refused")

    monkeypatch.setattr(batch, "write_photo", refused)
    monkeypatch.setattr(batch, "video_writer", refused)
    with Journal(tmp_path / "j", {}) as journal:
        settings = Settings(annotate=tmp_path / "drawn")
        summary = predict_files(Recognizer(), collect([folder]), journal, settings, lambda *_: None)
        return summary, list(journal.rows())


def test_a_copy_that_cannot_be_made_costs_no_row(folder, tmp_path, monkeypatch):
    summary, rows = copies(folder, tmp_path, monkeypatch, errno.ENAMETOOLONG)
    assert len(rows) == 11
    assert len(summary.uncopied) == 6
    assert summary.uncopied[0] == f"{folder / '0.png'}: cannot write a.png"


def test_a_full_disk_ends_the_run(folder, tmp_path, monkeypatch):
    with pytest.raises(AsdcferError):
        copies(folder, tmp_path, monkeypatch, errno.ENOSPC)
