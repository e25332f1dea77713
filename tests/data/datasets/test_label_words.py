"""Names of expressions: with numbers, with other words, misspelt, in other languages."""

import pytest

from asdcfer.data.datasets.label_words import (
    abbreviated,
    all_misspelt,
    expression_in,
    misspelt,
    number_in,
)
from asdcfer.expressions import EXPRESSIONS_WITH_CONTEMPT


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        *((name, name) for name in EXPRESSIONS_WITH_CONTEMPT),
        ("0_angry", "angry"),
        ("1-disgust", "disgust"),
        ("2. fear", "fear"),
        ("03 happy", "happy"),
        ("[4] Sad", "sad"),
        ("happy_face", "happy"),
        ("HappyFaces", "happy"),
        ("SURPRISE2", "surprise"),
        ("class_6_neutral", "neutral"),
        ("fer2013_angry", "angry"),
        ("happy_train", "happy"),
        ("joie", "happy"),
        ("Traurigkeit", None),
        ("traurig", "sad"),
        ("Überraschung", "surprise"),
        ("K\u0131zg\u0131n", "angry"),
        ("гнев", "angry"),
        ("高兴", "happy"),
        ("無表情", "neutral"),
        ("행복", "happy"),
        ("mépris", "contempt"),
        ("me\u0301pris", "contempt"),
        ("θυμός", "angry"),
        ("ΧΑΡΆ", "happy"),
        ("עצוב", "sad"),
        ("سعيد", "happy"),
        ("खुशी", "happy"),
        ("เศร้า", "sad"),
        ("vreugde", "happy"),
        ("kemarahan", "angry"),
        ("happy 😀", "happy"),
        ("not_happy", None),
        ("happy_sad", None),
        ("happily surprised", None),
        ("images", None),
        ("12", None),
        ("", None),
        ("Joy Division", None),
    ],
)
def test_a_name_holds_one_expression_or_none(name: str, meaning: str | None) -> None:
    assert expression_in(name) == meaning


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("hapy", "happy"),
        ("suprise", "surprise"),
        ("surprize", "surprise"),
        ("digust", "disgust"),
        ("netural", "neutral"),
        ("angery", "angry"),
        ("fearfull", "fear"),
        ("hapiness", "happy"),
        ("contemp", "contempt"),
        ("7_Hapy", "happy"),
        ("bored", None),
        ("ahegao", None),
        ("tired", None),
        ("calm", None),
        ("ok", None),
        ("excited", None),
    ],
)
def test_one_or_two_letters_may_be_wrong(name: str, meaning: str | None) -> None:
    assert misspelt(name) == meaning


def test_abbreviations_count_where_all_names_are_such() -> None:
    codes = {"AN", "DI", "FE", "HA", "SA", "SU", "NE"}
    assert sorted(abbreviated(codes).values()) == sorted(
        set(EXPRESSIONS_WITH_CONTEMPT) - {"contempt"}
    )
    assert abbreviated({"AF", "AN", "DI"})["AF"] == "fear"
    assert abbreviated({"ang", "hap"}) == {}
    assert abbreviated({"AN", "Ann", "Sue"}) == {}


def test_three_misspelt_names_are_company_for_each_other() -> None:
    assert all_misspelt({"hapiness", "sadnes", "angryy"}) == {
        "hapiness": "happy",
        "sadnes": "sad",
        "angryy": "angry",
    }
    assert all_misspelt({"hapiness", "sadnes"}) == {}
    assert all_misspelt({"hapiness", "sadnes", "bored"}) == {}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("3", 3),
        ("03", 3),
        ("3.0", 3),
        ("class-3", 3),
        ("-1", None),
        ("1.5", None),
        ("3_happy", None),
        ("2024-01-05", None),
        ("٣", None),
    ],
)
def test_numbers_of_classes(name: str, number: int | None) -> None:
    assert number_in(name) == number
