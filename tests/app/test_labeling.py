"""Labeling without a browser: what is next, what is saved, and what is refused."""

from pathlib import Path

import pytest

from asdcfer.app.labeling import MOST_WORDS, LabelingSettings, open_labeling
from asdcfer.app.uploads import RefusalError
from asdcfer.errors import DataError, InputError
from tests.app.label_pack import IDS, label_pack, labeling_of


def test_labels_are_saved_at_once_and_the_next_face_is_one_without(tmp_path: Path) -> None:
    labeling, file = labeling_of(tmp_path), tmp_path / "labels.csv"
    state = labeling.state()
    assert (state.count, state.done, state.next) == (5, 0, 0)
    assert (state.words, state.skipped, state.file) == (["happy", "sad"], "unknown", str(file))
    assert (labeling.save(1, "sad", None).next, labeling.save(0, "happy", None).next) == (2, 2)
    assert file.read_text() == f"id,label\n{IDS[1]},sad\n{IDS[0]},happy\n"
    assert labeling.save(4, "unknown", None).next == 2
    assert labeling.save(2, "happy", None).next == 3
    done = labeling.save(3, "happy", None)
    assert (done.done, done.next, done.label) == (5, None, "happy")
    assert labeling.save(3, None, "happy").next == 3


def test_it_goes_on_where_it_stopped_and_counts_only_its_own_faces(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(f"id,label\n{IDS[0]},sad\nother.png,happy\n{IDS[2]},\n")
    state = labeling_of(tmp_path).state()
    assert (state.done, state.next) == (1, 1)


def test_a_face_tells_its_neighbors_and_a_suggestion_only_where_asked(tmp_path: Path) -> None:
    pack = label_pack(tmp_path)
    (tmp_path / "order.csv").write_text(f"file,id,suggestion\nx,{IDS[1]},sad\nx,b.png,\n")
    settings = LabelingSettings(pack, tmp_path / "labels.csv", tmp_path / "order.csv")
    labeling = open_labeling(settings)
    assert (labeling.state().count, labeling.state().suggestions) == (2, True)
    face = labeling.face(0)
    assert (face.id, face.picture, face.label, face.suggestion) == (IDS[1], 1, None, None)
    assert [one.seconds for one in face.before + face.after] == [-0.5, 0.5]
    assert labeling.face(0, suggested=True).suggestion == "sad"
    assert labeling.face(1, suggested=True).suggestion is None


def test_two_windows_do_not_overwrite_each_other(tmp_path: Path) -> None:
    labeling = labeling_of(tmp_path)
    labeling.save(0, "happy", None)
    with pytest.raises(RefusalError, match="Another window says happy: look again") as refused:
        labeling.save(0, "sad", None)
    assert (refused.value.status, refused.value.code) == (409, "changed")
    assert labeling.save(0, "happy", None).done == 1, "the same word from both is no quarrel"
    labeling.save(0, None, "happy")
    with pytest.raises(RefusalError, match="Another window took its label back"):
        labeling.save(0, "sad", "happy")


def test_a_label_without_a_key_is_shown_and_comes_back_by_undo(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(f"id,label\n{IDS[0]},contempt\n")
    labeling = labeling_of(tmp_path)
    assert labeling.face(0).label == "contempt"
    labeling.save(0, "sad", "contempt")
    assert labeling.save(0, "contempt", "sad").label == "contempt"


def test_what_is_no_label_or_no_face_is_refused(tmp_path: Path) -> None:
    labeling = labeling_of(tmp_path)
    with pytest.raises(RefusalError, match="'joy' is none of happy, sad"):
        labeling.save(0, "joy", None)
    for number in (-1, 5, 10**9):
        for call in (labeling.face, labeling.picture, lambda n: labeling.save(n, "sad", None)):
            with pytest.raises(RefusalError, match="There is no such"):
                call(number)
    assert not (tmp_path / "labels.csv").exists()


def test_a_file_that_became_read_only_keeps_its_labels_and_says_so(tmp_path: Path) -> None:
    labeling, file = labeling_of(tmp_path), tmp_path / "labels.csv"
    labeling.save(0, "sad", None)
    file.chmod(0o444)
    with pytest.raises(RefusalError, match=r"Not saved: .*labels\.csv is read-only") as refused:
        labeling.save(1, "happy", None)
    assert (refused.value.status, refused.value.code) == (500, "not_saved")
    assert (labeling.state().done, file.read_text()) == (1, f"id,label\n{IDS[0]},sad\n")
    with pytest.raises(InputError, match="is read-only"):
        labeling_of(tmp_path)


def test_words_of_ones_own_take_the_place_of_those_of_the_pack(tmp_path: Path) -> None:
    assert labeling_of(tmp_path, words=["calm", "tense", "calm"]).state().words == ["calm", "tense"]
    with pytest.raises(DataError, match="10 labels to choose from, and there are keys for 9"):
        labeling_of(tmp_path, words=[str(one) for one in range(MOST_WORDS + 1)])
    with pytest.raises(DataError, match="'unknown' is how a skipped face is saved"):
        labeling_of(tmp_path, words=["unknown"])


def test_data_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        open_labeling(LabelingSettings(tmp_path / "nowhere", tmp_path / "labels.csv"))
    with pytest.raises(DataError, match="no folder that `asdcfer pick` made"):
        labeling_of(tmp_path, order=tmp_path / "nowhere")
    (tmp_path / "to_label.csv").write_text("file,id,expression\nx.png,a,\n")
    with pytest.raises(DataError, match="leave --label-order away"):
        open_labeling(LabelingSettings(tmp_path, order=tmp_path))
    assert open_labeling(LabelingSettings(tmp_path)).file.path == tmp_path / "to_label.csv"
