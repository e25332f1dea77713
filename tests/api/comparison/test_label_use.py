import pytest

from asdcfer.api.comparison.contestants import method_recipe
from asdcfer.api.comparison.label_use import card_saw_labels, recipe_saw_labels
from asdcfer.methods.registry import METHODS
from asdcfer.models.cards import read_card
from asdcfer.models.find_weights import find_encoder
from asdcfer.training.pretrain.recipe_files import load_recipe


@pytest.mark.parametrize("method", METHODS)
def test_a_recipe_saw_labels_where_its_method_is_given_them(method) -> None:
    recipe = method_recipe(method)
    section = "student" if METHODS[method].needs_teacher else "teacher"
    assert recipe_saw_labels(recipe, section) is (method in ("supcon", "supervised"))


@pytest.mark.parametrize(
    ("change", "labels"),
    [
        ("teacher={method: supcon}", True),
        ("teacher={method: moco}", False),
        ("teacher={method: keep, start: light}", True),
        ("student.start=light", True),
        ("student.start=light_encoder", False),
        ("teacher={method: moco, start: light}", True),
    ],
)
def test_a_student_saw_what_its_start_and_its_teacher_saw(change, labels) -> None:
    recipe = load_recipe("first_run", [change, "student.options={}"])
    assert recipe_saw_labels(recipe, "student") is labels


def test_a_student_without_a_teacher_is_not_charged_with_one() -> None:
    recipe = load_recipe("first_run", ["teacher={method: supcon}", "student={method: moco}"])
    assert recipe_saw_labels(recipe, "student") is False
    assert recipe_saw_labels(recipe, "teacher") is True


@pytest.mark.parametrize(("name", "labels"), [("light", True), ("resnet18", False)])
def test_cards_of_shipped_weights_say_it(name, labels) -> None:
    assert card_saw_labels(read_card(find_encoder(name))) is labels


def test_a_card_of_anybody_else_says_nothing() -> None:
    assert card_saw_labels({}) is False
    assert card_saw_labels({"stage": None, "finetune": {}}) is False
