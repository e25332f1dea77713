"""Teachers of the stages of a run: given, in its folder, or an untrained stand-in."""

from pathlib import Path

import pytest
import torch

from asdcfer.api.stage_teachers import StageTeachers
from asdcfer.api.training_run import TrainingRun, recipe_of
from asdcfer.errors import RecipeError
from asdcfer.methods.teacher import Teacher
from asdcfer.models.registry import build_encoder
from asdcfer.models.weights import save_encoder
from asdcfer.training.engine.hardware import Hardware
from asdcfer.training.engine.trainer import Workplace
from asdcfer.training.pretrain.recipe_files import load_recipe
from tests.api.standin import recipe

BOTH = ["teacher", "student"]


def no_faces(section: str, count: int) -> torch.Tensor:
    raise AssertionError("nobody asks for faces where no teacher is to be fitted")


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path / "run", hardware=Hardware("cpu"))


def test_given_weights_teach_the_student_and_not_the_teacher(place, tmp_path) -> None:
    weights = save_encoder(tmp_path / "one", build_encoder(recipe().teacher.encoder))
    teachers = StageTeachers(recipe(), ["student"], place, weights)
    assert teachers.file_of("teacher") is None
    assert teachers.file_of("student").place == str(weights)
    assert teachers.file_of("student") is teachers.finished_file_of("student")
    assert teachers.rehearsing("student", no_faces) is teachers.file_of("student")


def test_the_teacher_in_the_folder_is_the_same_file_until_it_changes(place) -> None:
    teachers = StageTeachers(recipe(), ["student"], place)
    assert not teachers.finished("teacher")
    assert teachers.finished_file_of("student") is None
    with pytest.raises(RecipeError, match=r"there is no teacher at .*name one with `teacher`"):
        teachers.file_of("student")
    encoder = build_encoder(recipe().teacher.encoder)
    own = save_encoder(place.folder / "teacher" / "encoder", encoder)
    assert teachers.finished("teacher")
    before = teachers.finished_file_of("student")
    assert before.place == own
    assert teachers.file_of("student") is before
    teachers.forget_own()
    assert teachers.file_of("student") is not before


def test_a_method_without_a_teacher_is_not_taught(place, tmp_path) -> None:
    teachers = StageTeachers(recipe("student.method=moco"), BOTH, place, tmp_path / "none")
    assert not teachers.taught("student")
    assert teachers.file_of("student") is None
    assert teachers.rehearsing("student", no_faces) is None


def test_a_teacher_that_is_still_to_be_trained_has_a_stand_in_of_its_shape(place) -> None:
    stand_in = StageTeachers(recipe(), BOTH, place).rehearsing("student", no_faces)
    assert isinstance(stand_in, Teacher)
    assert stand_in.encoder.spec == recipe().teacher.encoder
    kept = "teacher={method: keep, start: light_encoder, options: {query_dims: 12}}"
    stand_in = StageTeachers(recipe(kept), BOTH, place).rehearsing("student", no_faces)
    assert stand_in.query_dim() == 12


def test_a_teacher_that_is_still_to_be_fitted_has_a_stand_in_that_answers(place) -> None:
    """It is fitted to a few faces, so that its answers have their width and take their time."""
    small = "teacher.encoder.arguments={components: 2, directions: 6, scales: [6], dims: 20}"
    teachers = StageTeachers(load_recipe("fer2013_quick", [small]), BOTH, place)
    faces = torch.randint(0, 256, (80, 48, 48), dtype=torch.uint8)
    asked = []

    def some_faces(section: str, count: int) -> torch.Tensor:
        asked.append((section, count))
        return faces[:count]

    stand_in = teachers.rehearsing("student", some_faces)
    again = teachers.rehearsing("student", no_faces)
    assert again.encoder is stand_in.encoder, "it is fitted once for all stages"
    assert asked == [("teacher", 64)]
    assert int(stand_in.encoder.fitted) == 64
    x = stand_in.encoder.preprocessing.batch(faces[:3])
    assert stand_in(x).feature.shape == (3, 20)


def test_a_student_that_wants_queries_may_wait_for_a_teacher_that_will_have_some(
    few, place
) -> None:
    """The stand-in of a teacher that is still to be trained has the projector it will have."""
    options = "student.options={queue_size: 8, projector_hidden: 8}"
    run = TrainingRun(
        recipe_of(recipe("student.method=disco", options), few), ["teacher", "student"], place
    )
    assert run.sections == ["teacher", "student"]
