"""One step of a stage before anything is removed or trained."""

import pytest
import torch

from asdcfer.data.sample import sample_pack
from asdcfer.errors import AsdcferError, WeightsError
from asdcfer.methods.teacher import Teacher
from asdcfer.models.heads import Projector
from asdcfer.models.weights import load_encoder, save_encoder
from asdcfer.training.pretrain.dry_run import dry_run
from asdcfer.training.pretrain.recipe_files import load_recipe, recipe_names
from asdcfer.training.pretrain.recipe_sections import new_encoder
from asdcfer.training.pretrain.recipe_validation import FIT, needs_teacher
from asdcfer.training.teacher_file import TeacherFile
from tests.moving_faces import moving_pack


@pytest.mark.slow
@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_takes_a_step_at_each_of_its_sizes(name, tmp_path):
    recipe = load_recipe(name)
    pack = moving_pack(tmp_path / "pack") if name == "motion" else sample_pack()
    # An encoder that is fitted, and not trained, has no features before that: any other teacher
    # serves as well.
    teacher = (
        load_encoder("light_encoder")
        if recipe.teacher.method == FIT
        else new_encoder(recipe, "teacher")
    )
    for section in ("teacher", "student"):
        stage = getattr(recipe, section)
        if stage is not None:
            head = Projector(teacher.feature_dim, 16, 8)
            taught = needs_teacher(stage)
            dry_run(recipe, section, pack, Teacher(teacher, head) if taught else None)


QUICK = (
    "{method: %s, encoder: {name: resnet18, arguments: {width: 4, stem: stride2}}, epochs: 1, "
    "views: {size: 32}, options: {queue_size: 32, projector_hidden: 16, projector_dim: 8}}"
)


@pytest.fixture(scope="module")
def recipe():
    return load_recipe("sample", [f"teacher={QUICK % 'moco'}", f"student={QUICK % 'asdc'}"])


def test_a_dry_run_changes_no_number_of_the_stage(recipe):
    before = new_encoder(recipe, "teacher").state_dict()
    dry_run(recipe, "teacher", sample_pack())
    after = new_encoder(recipe, "teacher").state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_teacher_is_weights_or_an_encoder_yet_to_be_trained(recipe, tmp_path):
    teacher = new_encoder(recipe, "teacher")
    dry_run(recipe, "student", sample_pack(), Teacher(teacher))
    saved = TeacherFile(save_encoder(tmp_path / "teacher", teacher))
    dry_run(recipe, "student", sample_pack(), saved)
    with pytest.raises(WeightsError):
        dry_run(recipe, "student", sample_pack(), TeacherFile(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("section", "change", "message"),
    [
        (
            "student",
            {"teacher_maps": [9], "student_maps": [-1]},
            "cannot be aligned",
        ),
        ("teacher", None, "at least two views"),
    ],
)
def test_what_would_end_the_first_step_ends_the_dry_run(recipe, section, change, message):
    stage = getattr(recipe, section)
    if change is None:
        stage = stage.model_copy(update={"views": stage.views.model_copy(update={"views": 1})})
    else:
        stage = stage.model_copy(update={"options": {**stage.options, **change}})
    broken = recipe.model_copy(update={section: stage})
    teacher = Teacher(new_encoder(recipe, "teacher")) if section == "student" else None
    with pytest.raises(AsdcferError, match=message):
        dry_run(broken, section, sample_pack(), teacher)
