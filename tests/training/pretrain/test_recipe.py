"""Recipes: typed, unknown keys refused with the nearest valid name, overridable, complete when
stored.
"""

import pytest
import yaml

from asdcfer.errors import RecipeError
from asdcfer.training.engine.resume_checks import differences
from asdcfer.training.pretrain.recipe import Recipe
from asdcfer.training.pretrain.recipe_files import checked, load_recipe


@pytest.mark.parametrize("name", ["sample", "fer2013_gpu"])
def test_effective_values_are_a_recipe_again(tmp_path, name):
    recipe = load_recipe(name, ["seed=7", "student.options.w_key=0.5"])
    recipe.save(tmp_path / "stored.yaml")
    again = load_recipe(tmp_path / "stored.yaml")
    assert again == recipe
    assert again.student.options["w_key"] == 0.5
    stored = yaml.safe_load((tmp_path / "stored.yaml").read_text())
    assert stored["student"]["options"]["projector_layers"] == 2, (
        "defaults of the method are stored, too"
    )
    assert "student.options" in recipe.as_lines()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("teacher.epoch=2", "unknown key teacher.epoch; did you mean teacher.epochs?"),
        ("tacher.epochs=2", "unknown key tacher; did you mean teacher?"),
        ("epochs=2", "unknown key epochs; did you mean teacher.epochs or student.epochs?"),
        (
            "teacher.options.temprature=1",
            "unknown key teacher.options.temprature; did you mean teacher.options.temperature?",
        ),
        ("teacher.options.w_key=1", "unknown key teacher.options.w_key"),
        (
            "student.views.hflipp=1",
            "unknown key student.views.hflipp; did you mean student.views.hflip?",
        ),
        (
            "teacher.optimizer.lr=1",
            "unknown key teacher.optimizer.lr; valid here: betas, clip_norm",
        ),
        (
            "teacher.encoder.arguments.widht=8",
            (
                "unknown key teacher.encoder.arguments.widht; did you mean "
                "teacher.encoder.arguments.width?"
            ),
        ),
        (
            "teacher.encoder.pooling_arguments={m: 2}",
            "unknown key teacher.encoder.pooling_arguments.m",
        ),
        (
            "teacher.encoder.name=resnet81",
            "unknown encoder teacher.encoder.name=resnet81; did you mean resnet18?",
        ),
        ("teacher.method=mocko", "unknown method teacher.method=mocko; did you mean moco?"),
        ("teacher.method=fit", "teacher.method=fit is for encoders that learn without gradients"),
        ("teacher.encoder={name: patches}", "has no gradients to train; use teacher.method=fit"),
        ("teacher.epochs=none", "teacher.epochs: input should be a valid integer"),
        ("teacher.epochs=0", "teacher.epochs: input should be greater than or equal to 1 (got 0)"),
        ("teacher.resolution=[[0.5, 32], [0.1, 48]]", "in rising order"),
        ("probes.encoders=[pupil]", "probes.encoders.0"),
        (
            "probes.poolings=[globl]",
            "unknown pooling probes.poolings.0=globl; did you mean global?",
        ),
        (
            "probes.poolings=[{pooling: grid, arguments: {cell: 3}}]",
            "unknown key probes.poolings.0.arguments.cell; did you mean",
        ),
        (
            "probes.poolings=[global, {pooling: flattened, arguments: {cells: 3}}]",
            "unknown key probes.poolings.1.arguments.cells",
        ),
        ("probes.shares=[5]", "probes.shares.0: input should be less than or equal to 1 (got 5)"),
        ("teacher.epochs", "is not an override; write section.key=value"),
        ("teacher.epochs=[", "is not YAML"),
    ],
)
def test_faults_are_one_clear_line(override, message):
    with pytest.raises(RecipeError) as caught:
        load_recipe("sample", [override])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stage_may_be_left_out():
    recipe = load_recipe(
        "sample", ["teacher=null", "student.method=moco", "student.options={queue_size: 100}"]
    )
    assert recipe.teacher is None
    assert recipe.student.method == "moco"
    assert checked(recipe.model_dump(mode="json"), "again") == recipe


def test_differences_name_the_keys():
    one = load_recipe("sample").model_dump(mode="json")
    other = load_recipe("sample", ["teacher.epochs=1", "student.options.w_key=0"]).model_dump(
        mode="json"
    )
    assert differences(one, other) == ["student.options.w_key", "teacher.epochs"]
    assert isinstance(Recipe.model_validate(other), Recipe)
