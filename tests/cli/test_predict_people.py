"""`predict --people`: from a video to persons, names and their sums, as a user goes."""

import csv

import pytest

from asdcfer.predict.table_io import read_table
from tests.recognition import standin


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_persons_come_back_get_names_and_are_summed_up(predict, asdcfer, tmp_path):
    clip = standin.write_video(tmp_path / "clip.mp4", standin.moving_frames(90))
    out, people = tmp_path / "scores.csv", tmp_path / "people.csv"
    done = predict(clip, "--every", 5, "--out", out, "--people", people)
    assert done.exit_code == 0, done.exception
    first, second = rows_of(people)
    # The astronaut goes away and comes back: three tracks, two persons.
    assert sorted([first["tracks"], second["tracks"]]) == ["1", "2"]
    assert {row["person"] for row in read_table(out)} == {"person 1", "person 2"}
    assert (tmp_path / first["example"]).is_file()
    people.write_text(people.read_text().replace("person 2,person 2", "person 2,Eileen"))
    done = asdcfer("summarize", out, "--names", people, "--json")
    assert '"person": "Eileen"' in done.stdout
    done = predict(clip, "--every", 5, "--out", out, "--people", people, "--force")
    assert done.exit_code == 0, done.exception
    assert {row["name"] for row in read_table(out)} == {"person 1", "Eileen"}
    people.write_text(people.read_text().replace("person 1,person 1", "person 1,Eileen"))
    (tmp_path / "sums.csv").unlink(missing_ok=True)
    done = asdcfer("summarize", out, "--names", people, "--people", tmp_path / "sums.csv")
    assert done.returncode == 0, done.stderr
    (row,) = rows_of(tmp_path / "sums.csv")
    assert row["person"] == "Eileen", "persons of one name are one"


@pytest.mark.slow
def test_an_interrupted_run_joins_the_finished_files_too(predict, tmp_path, monkeypatch):
    from asdcfer.predict import batch

    photos = []
    for name in ("a.jpg", "b.jpg"):
        photos.append(tmp_path / name)
        photos[-1].write_bytes(standin.hopper_path().read_bytes())
    out, people = tmp_path / "s.csv", tmp_path / "p.csv"
    whole = batch._photos

    def cut(recognizer, found, journal, settings, progress, summary):
        whole(recognizer, found[:1], journal, settings, progress, summary)
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "_photos", cut)
    assert predict(*photos, "--out", out, "--people", people).exit_code == 130
    assert not people.exists()
    monkeypatch.setattr(batch, "_photos", whole)
    done = predict(*photos, "--out", out, "--people", people, "--resume")
    assert done.exit_code == 0, done.exception
    (row,) = rows_of(people)
    assert (row["tracks"], row["file"]) == ("2", str(photos[0])), "one photo twice is one person"


def test_what_cannot_be_is_refused_before_any_work(predict, tmp_path):
    photo = standin.hopper_path()
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    for words, reason in (
        ((photo, "--people", tmp_path / "other.csv"), "a names file has the columns"),
        ((photo, "--people", tmp_path / "people.json"), "must end in .csv"),
        (("--webcam", 0, "--people", tmp_path / "p.csv"), "not of a camera"),
    ):
        done = predict(*words)
        assert done.exit_code != 0
        assert reason in str(done.exception)
