"""A training in its folder: checked before anything is removed or written, its end recorded."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from asdcfer.api import training_run
from asdcfer.api.training_run import TrainingRun, recipe_of
from asdcfer.data.pack import Pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import AsdcferError, RecipeError, TrainingError
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import load_teacher, save_encoder
from asdcfer.training import teacher_file
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.budget import StepTimes
from asdcfer.training.run_record import read_record
from tests.api.standin import recipe
from tests.factories import Heard


def test_a_recipe_is_a_name_or_itself_on_other_data(few: Pack) -> None:
    assert recipe_of("sample", None).data.pack == "sample"
    assert recipe_of(recipe(), None) == recipe()
    assert recipe_of(recipe(), few).data.pack == str(few.path)
    with pytest.raises(RecipeError, match="did you mean sample"):
        recipe_of("smaple", None)


@pytest.fixture
def place(tmp_path: Path, heard: Heard) -> Workplace:
    return Workplace(tmp_path / "run", hardware=Hardware("cpu"), progress=heard)


@pytest.mark.parametrize(
    ("changes", "sections", "message"),
    [
        (["student=null"], ["student"], "has no student"),
        (["teacher=null", "student=null"], ["teacher", "student"], "there is nothing to train"),
        ([], ["student"], "there is no teacher at .*name one with `teacher`"),
        (["teacher.views.views=1"], ["teacher"], "at least two views"),
        (["teacher.batch_size=512"], ["teacher"], "do not fill one step"),
    ],
)
def test_what_cannot_be_trained_leaves_no_folder(few, place, changes, sections, message) -> None:
    with pytest.raises(AsdcferError, match=message):
        TrainingRun(recipe_of(recipe(*changes), few), sections, place)
    assert not place.folder.exists()


def test_a_device_that_is_not_there_is_refused_first(few, place) -> None:
    there = replace(place, hardware=Hardware("tpu"))
    with pytest.raises(RecipeError, match="unknown device 'tpu'"):
        TrainingRun(recipe_of(recipe(), few), ["teacher"], there)
    assert not place.folder.exists()


@pytest.mark.parametrize(
    ("error", "status"),
    [(None, "finished"), (KeyboardInterrupt(), "interrupted"), (TrainingError("nan"), "failed")],
)
def test_the_record_says_how_the_run_ended(few, place, heard, error, status) -> None:
    run = TrainingRun(recipe_of(recipe(), few), ["teacher"], place)
    assert read_record(place.folder / "run.json")["status"] == "running"
    try:
        with run:
            if error is not None:
                raise error
    except (KeyboardInterrupt, TrainingError):
        pass
    record = read_record(place.folder / "run.json")
    assert record["status"] == status
    assert record["data"]["images"] == len(few)
    assert record.get("error") == ("nan" if status == "failed" else None)
    assert any("`resume=True`" in line for line in heard.lines) == (status == "interrupted")


@pytest.mark.slow
def test_a_resumed_student_wants_the_teacher_that_it_had(few, place, tmp_path, heard) -> None:
    settings = recipe_of(recipe(), few)
    spec = settings.teacher.encoder
    one, two = (save_encoder(tmp_path / name, build_encoder(spec)) for name in ("one", "two"))
    with TrainingRun(settings, ["student"], place, teacher=one) as run:
        run.train("student")
    again = replace(place, resume=True)
    with TrainingRun(settings, ["student"], again, teacher=one):
        pass
    with pytest.raises(TrainingError, match="was trained with another teacher"):
        TrainingRun(settings, ["student"], again, teacher=two)
    # Whether it is finished or was interrupted.
    shutil.rmtree(place.folder / "student" / "checkpoint", ignore_errors=True)
    with pytest.raises(TrainingError, match="was trained with another teacher"):
        TrainingRun(settings, ["student"], again, teacher=two)


@pytest.mark.slow
def test_a_teacher_is_read_once_for_all_checks_and_the_training(
    few, place, tmp_path, monkeypatch
) -> None:
    settings = recipe_of(recipe(), few)
    weights = save_encoder(tmp_path / "one", build_encoder(settings.teacher.encoder))
    reads = []
    monkeypatch.setattr(
        teacher_file, "load_teacher", lambda place: reads.append(place) or load_teacher(place)
    )
    TrainingRun(settings, ["student"], place, teacher=weights).train("student")
    assert reads == [str(weights)]
    TrainingRun(settings, ["student"], replace(place, resume=True), teacher=weights)
    assert len(reads) == 2, "once a command"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_budget_is_measured_on_a_batch_of_faces_and_no_more(
    few, place, tmp_path, monkeypatch, channels
) -> None:
    """Of a sharded pack of millions, all of them would not fit in memory."""
    faces = [
        PackItem(np.repeat(image[..., None], 3, axis=-1), f"{number}", "train")
        for number, image in enumerate(np.asarray(few.images[:40]))
    ]
    write_pack(tmp_path / "color", faces, expressions=[], source={"kind": "tree", "name": "toy"})
    measured, loaded = [], []
    load = training_run.training_images

    def counted(pack, data, *rest):
        found = load(pack, data, *rest)
        loaded.append(len(found))
        return found

    def measure(method, images, total, *rest):
        measured.append((tuple(images.shape), total))
        return StepTimes({32: 0.01})

    monkeypatch.setattr(training_run, "training_images", counted)
    monkeypatch.setattr(training_run, "measure_steps", measure)
    changes = [
        "budget=5s",
        "teacher.epochs=auto",
        "teacher.batch_size=8",
        f"teacher.encoder.preprocessing.channels={channels}",
    ]
    TrainingRun(recipe_of(recipe(*changes), tmp_path / "color"), ["teacher"], place)
    shape = (8, *few.images.shape[1:], *([3] if channels == 3 else []))
    assert measured == [(shape, 40)]
    assert max(loaded) == 8
