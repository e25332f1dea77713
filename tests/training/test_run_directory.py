"""The folder of a run: never overwritten by accident, resumed only from what it began with."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from asdcfer.data.pack import Pack
from asdcfer.data.sample import sample_pack
from asdcfer.errors import RecipeError, TrainingError
from asdcfer.models.heads import Projector
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_encoder, weights_hash
from asdcfer.training.engine.checkpoint import SafetensorsCheckpointIO, checkpoint_path
from asdcfer.training.pretrain.recipe_files import load_recipe
from asdcfer.training.run_directory import check_same, made_from, open_run
from asdcfer.training.run_record import read_record
from asdcfer.training.teacher_file import TeacherFile
from tests.training.standin import SPEC, Told, stage


def test_a_run_is_never_overwritten_by_accident(tmp_path):
    told = Told()
    recipe, both = load_recipe("sample"), ["teacher", "student"]
    out = tmp_path / "run"
    record = open_run(
        recipe, out, both, resume=False, force=False, data={"images": 3}, progress=told
    )
    assert "teacher.epochs = 28" in told.messages[0]
    record.stage("teacher", seconds=5)
    (out / "teacher").mkdir()
    (out / "teacher" / "metrics.csv").write_text("precious")
    with pytest.raises(RecipeError, match=r"holds a run .*`resume=True`.*`force=True`"):
        open_run(recipe, out, both, resume=False, force=False, data={})
    with pytest.raises(RecipeError, match=r"other settings: seed, teacher\.epochs differ"):
        open_run(
            load_recipe("sample", ["teacher.epochs=2", "seed=4"]),
            out,
            both,
            resume=True,
            force=False,
            data={},
        )
    with pytest.raises(RecipeError, match=r"teacher\.half differ"):
        open_run(
            load_recipe("sample", ["teacher.half=true"]),
            out,
            both,
            resume=True,
            force=False,
            data={},
        )
    assert (out / "teacher" / "metrics.csv").read_text() == "precious"
    # What changes no weight may change; a student may be trained beside the teacher.
    open_run(
        load_recipe("sample", ["teacher.log_every=2"]), out, both, resume=True, force=False, data={}
    )
    open_run(
        load_recipe("sample", ["student.epochs=2"]),
        out,
        ["student"],
        resume=False,
        force=False,
        data={},
    )
    assert read_record(out / "run.json")["stages"]["teacher"]["seconds"] == 5
    open_run(recipe, out, both, resume=False, force=True, data={})
    assert not (out / "teacher").exists()
    assert read_record(out / "run.json")["stages"] == {}
    assert read_record(out / "run.json")["versions"]["torch"].startswith("2.")


def with_hashes(path: Path, **hashes: str) -> Pack:
    pack = replace(sample_pack(), path=path)
    return replace(pack, info={**pack.info, "hashes": hashes})


def finished(folder: Path, made: dict[str, str]) -> None:
    """Write the card of a stage as `train_stage` does."""
    folder.mkdir(parents=True, exist_ok=True)
    card = {
        "teacher": {"weights": made.get("teacher"), "projector": made.get("projector")},
        "data": {"hashes": {"images.u8": made["images.u8"], "labels.npy": "x"}},
    }
    (folder / "encoder.json").write_text(json.dumps(card))


def test_what_a_stage_is_made_from_is_named_by_hashes(tmp_path):
    pack = with_hashes(tmp_path, **{"images.u8": "a", "split.npy": "b", "labels.npy": "c"})
    moco = stage()
    assert made_from(pack, moco) == {"images.u8": "a", "split.npy": "b"}
    assert made_from(replace(pack, info={}), moco) == {}
    encoder = build_encoder(SPEC)
    projector = Projector(encoder.feature_dim, 8, 4)
    alone = save_encoder(tmp_path / "alone", encoder)
    both = save_encoder(tmp_path / "both", encoder, projector=projector)
    without = made_from(pack, moco, TeacherFile(alone))
    assert without["projector"] == "none"
    found = made_from(pack, moco, TeacherFile(both))
    assert set(found) == {"images.u8", "split.npy", "teacher", "projector"}
    assert found["teacher"] == weights_hash(encoder) == without["teacher"]
    assert found["projector"] == weights_hash(projector)


@pytest.mark.parametrize(
    ("settings", "name", "words"),
    [
        ({"method": "supcon"}, "labels.npy", "other labels of the faces (cccccccc then, dddddddd"),
        ({"method": "supervised"}, "labels.npy", "other labels of the faces"),
        ({"method": "motion"}, "ids.json", "other tracks of the faces"),
        ({"views": {"temporal": 2.0}}, "ids.json", "other tracks of the faces"),
        ({}, None, ""),
    ],
)
def test_labels_and_tracks_are_compared_where_they_are_learnt_from(tmp_path, settings, name, words):
    files = ("images.u8", "split.npy", "labels.npy", "ids.json")
    before = with_hashes(tmp_path, **dict.fromkeys(files, "c" * 64))
    relabeled = {"labels.npy": "d" * 64, "ids.json": "d" * 64}
    now = with_hashes(tmp_path, **dict.fromkeys(files[:2], "c" * 64), **relabeled)
    options = stage(**settings)
    card = {"data": {"hashes": before.info["hashes"]}}
    (tmp_path / "encoder.json").write_text(json.dumps(card))
    check_same(tmp_path, made_from(before, options))
    if name is None:
        check_same(tmp_path, made_from(now, options))
        return
    with pytest.raises(TrainingError) as caught:
        check_same(tmp_path, made_from(now, options))
    assert words in str(caught.value)


MADE = {"teacher": "t" * 64, "projector": "none", "images.u8": "f" * 64}


@pytest.mark.parametrize("state", ["finished", "interrupted"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"teacher": "u" * 64}, "another teacher (tttttttt then, uuuuuuuu now); use"),
        ({"projector": "p" * 64}, "another projector of the teacher (none then"),
        ({"images.u8": "g" * 64}, "other faces (ffffffff then"),
        (
            {"teacher": "u" * 64, "images.u8": "g" * 64},
            "another teacher (tttttttt then, uuuuuuuu now) and other faces (ffffffff then",
        ),
    ],
)
def test_a_stage_goes_on_with_what_it_was_made_from_only(tmp_path, state, change, words):
    if state == "finished":
        finished(tmp_path, MADE)
    else:
        SafetensorsCheckpointIO().save_checkpoint(
            {"asdcfer": {"made_from": MADE}}, checkpoint_path(tmp_path / "checkpoint", 3)
        )
    check_same(tmp_path, MADE)
    with pytest.raises(TrainingError) as caught:
        check_same(tmp_path, MADE | change)
    assert f"{tmp_path} was trained with {words}" in str(caught.value)
    assert "another `out`, or start over with `force=True`" in str(caught.value)


def test_what_one_side_does_not_know_is_not_compared(tmp_path):
    check_same(tmp_path / "nothing", MADE)
    finished(tmp_path, MADE)
    check_same(tmp_path, {"split.npy": "s" * 64, "images.u8": MADE["images.u8"]})
    (tmp_path / "encoder.json").write_text("{")
    check_same(tmp_path, MADE | {"teacher": "u" * 64})


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(RecipeError, match="is a file; choose another `out`"):
        open_run(
            load_recipe("sample"), tmp_path / "run", ["teacher"], resume=False, force=True, data={}
        )


HASHES = {"images.u8": "f" * 64}


def moved(out: Path, kept: dict | None, state: str, hashes: dict | None) -> None:
    """Begin a run on faces "there", keep a stage of it, and resume it on those "here"."""

    def opened(pack, resume, known):
        recipe = load_recipe("sample", [f"data.pack={pack}"])
        open_run(recipe, out, ["teacher"], resume=resume, force=False, data={"hashes": known})

    opened("there", False, kept)
    folder = out / "teacher"
    if state == "finished":
        folder.mkdir()
        (folder / "encoder.json").write_text(json.dumps({"data": {"hashes": kept}}))
    elif state == "interrupted":
        SafetensorsCheckpointIO().save_checkpoint(
            {"asdcfer": {"made_from": kept or {}}}, checkpoint_path(folder / "checkpoint", 3)
        )
    else:
        folder.mkdir()
    opened("here", True, hashes)


@pytest.mark.parametrize("state", ["finished", "interrupted", "before its first checkpoint"])
def test_faces_may_lie_elsewhere_when_a_run_is_resumed(tmp_path, state):
    moved(tmp_path / "run", HASHES, state, HASHES)
    assert "pack: here" in (tmp_path / "run" / "recipe.yaml").read_text()


@pytest.mark.parametrize("state", ["finished", "interrupted"])
@pytest.mark.parametrize(
    ("kept", "hashes", "words"),
    [
        (None, HASHES, r"data\.pack differs, and what was trained in .*run keeps no hashes"),
        (HASHES, None, r"data\.pack differs, and here has no hashes of its faces"),
        (None, None, r"data\.pack differs, and here has no hashes of its faces"),
    ],
)
def test_faces_that_nobody_can_compare_stay_where_they_are(tmp_path, state, kept, hashes, words):
    with pytest.raises(RecipeError, match=words) as caught:
        moved(tmp_path / "run", kept, state, hashes)
    assert "name the place of before" in str(caught.value)
    assert "pack: there" in (tmp_path / "run" / "recipe.yaml").read_text()


def test_what_keeps_nothing_yet_needs_no_hashes_of_its_own(tmp_path):
    moved(tmp_path / "run", None, "before its first checkpoint", HASHES)


def test_another_setting_is_told_before_where_the_faces_lie(tmp_path):
    out = tmp_path / "run"
    open_run(
        load_recipe("sample"), out, ["teacher"], resume=False, force=False, data={"hashes": HASHES}
    )
    (out / "teacher").mkdir()
    with pytest.raises(RecipeError, match=r"other settings: data\.pack, seed differ"):
        open_run(
            load_recipe("sample", ["data.pack=here", "seed=3"]),
            out,
            ["teacher"],
            resume=True,
            force=False,
            data={"hashes": HASHES},
        )
