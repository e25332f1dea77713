"""Who learnt from labels: by a method, by weights that a training began with, or by a teacher."""

import pytest

from asdcfer.methods.label_use import card_saw_labels, saw_labels
from asdcfer.methods.registry import METHODS
from asdcfer.models.cards import read_card, tells_of_labels
from asdcfer.models.find_weights import find_encoder


@pytest.mark.parametrize("method", METHODS)
def test_a_training_saw_labels_where_its_method_is_given_them(method) -> None:
    given = method in ("supcon", "supervised")
    assert saw_labels(method) is given
    assert card_saw_labels({"stage": {"method": method}}) is given


@pytest.mark.parametrize("method", ["asdc", "keep", "fit"])
def test_a_training_saw_what_its_start_and_its_teacher_saw(method) -> None:
    plain, taught = {"stage": {"method": "moco"}}, {"stage": {"method": "asdc"}, "saw_labels": True}
    assert saw_labels(method, plain) is False
    assert saw_labels(method, plain, taught) is True
    assert saw_labels(method, {"classifier": {}}) is True


@pytest.mark.parametrize(("name", "labels"), [("light", True), ("resnet18", False)])
def test_cards_of_shipped_weights_say_it(name, labels) -> None:
    card = read_card(find_encoder(name))
    assert card_saw_labels(card) is tells_of_labels(card) is labels


def test_a_card_of_anybody_else_says_nothing() -> None:
    assert card_saw_labels({}) is False
    assert card_saw_labels({"stage": None, "finetune": {}, "saw_labels": False}) is False
    assert tells_of_labels({"finetune": {"epochs": 1}}) is True
