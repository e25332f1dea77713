"""Expressions: the data sets' labels lead to the shared names, each once."""

import pytest

from asdcfer import expressions
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT, expression_of


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ("FERPLUS_COLUMNS", EXPRESSIONS_WITH_CONTEMPT),
        ("RAFDB_LABELS", EXPRESSIONS),
        ("AFFECTNET_LABELS", EXPRESSIONS_WITH_CONTEMPT),
        ("CKPLUS_LABELS", EXPRESSIONS_WITH_CONTEMPT),
        ("JAFFE_CODES", EXPRESSIONS),
    ],
)
def test_a_data_set_names_each_expression_once(labels: str, names: tuple[str, ...]) -> None:
    assert sorted(getattr(expressions, labels).values()) == sorted(names)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("Anger", "angry"), (" JOY ", "happy"), ("afraid", "fear"), ("happy", "happy"), ("mad", None)],
)
def test_usual_words_are_understood(word: str, meaning: str | None) -> None:
    assert expression_of(word) == meaning
