import pytest

from asdcfer.api.comparison.contestants import contestant_of, contestants_of, method_recipe
from asdcfer.errors import RecipeError
from asdcfer.methods.registry import METHODS
from asdcfer.models.weights import save_encoder
from tests.api.comparison.standin import TOY
from tests.evaluation.standin import toy_encoder


def test_every_method_is_a_contestant_by_its_name() -> None:
    for name in METHODS:
        found = contestant_of(name)
        assert (found.name, found.kind) == (name, "trained")
        section = found.recipe.student or found.recipe.teacher
        assert section.method == name


def test_words_become_recipes_encoders_and_own_methods(tmp_path) -> None:
    save_encoder(tmp_path / "mine", toy_encoder())
    recipe = tmp_path / "other.yaml"
    recipe.write_text("name: narrow\nteacher: {method: moco}\nstudent: null\n")
    words = ["moco", str(recipe), TOY, str(tmp_path / "mine.safetensors"), "timm/resnet18"]
    found = contestants_of(words, ["random", "moco"])
    assert [each.kind for each in found] == [
        *("trained", "trained", "trained"),
        *("as it is", "as it is", "untrained"),
    ]
    assert found[1].name == "narrow"
    assert found[2].recipe.teacher.method == TOY
    assert "/" not in "".join(each.folder for each in found)
    assert len({each.folder for each in found}) == 6


def test_a_method_under_a_teacher_gets_the_usual_one() -> None:
    recipe = method_recipe("feature_distillation")
    assert (recipe.teacher.method, recipe.teacher.start) == ("keep", "resnet18")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing to compare"),
        (["moko"], "'moko'; did you mean moco"),
        (["moco", "moco"], "moco is named twice"),
        (["nowhere/x.safetensors"], r"nowhere/x\.safetensors: there are no weights"),
        (["no_such_module:Mine"], "cannot import no_such_module"),
        (["lost.yaml"], "cannot read the recipe"),
    ],
)
def test_what_names_nothing_is_one_line(words, said) -> None:
    with pytest.raises(RecipeError, match=said):
        contestants_of(words)


def test_a_recipe_that_trains_nothing_is_refused(tmp_path) -> None:
    (tmp_path / "none.yaml").write_text("teacher: null\nstudent: null\n")
    with pytest.raises(RecipeError, match="trains nothing that could be compared"):
        contestant_of(str(tmp_path / "none.yaml"))
