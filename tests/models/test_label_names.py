"""A label set behind the name of a model, and contempt switched off by a 7 behind that."""

import pytest

from asdcfer.models.label_names import contempt_apart, knows_contempt, split_labels

VOTES = {"labels": "ferplus", "expressions": ["happy", "contempt"]}
PLAIN = {"labels": "fer2013", "expressions": ["happy", "sad"]}
BOTH = {**VOTES, "label_sets": {"fer2013": PLAIN}}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("light", ("light", None)),
        ("light:fer2013", ("light", "fer2013")),
        ("runs/a/model.safetensors:mine", ("runs/a/model.safetensors", "mine")),
        ("hf:user/name", ("hf:user/name", None)),
        ("hf:user/name:ferplus7", ("hf:user/name", "ferplus7")),
        ("C:model", ("C:model", None)),
        ("light:", ("light:", None)),
        ("light:no name", ("light:no name", None)),
    ],
)
def test_what_stands_behind_the_colon_is_a_label_set(name, parts) -> None:
    assert split_labels(name) == parts


def test_a_file_with_a_colon_in_its_name_is_that_file(tmp_path) -> None:
    file = tmp_path / "mine:best"
    file.touch()
    assert split_labels(file) == (str(file), None)


@pytest.mark.parametrize(
    ("labels", "card", "meant"),
    [
        (None, BOTH, (None, False)),
        ("ferplus7", BOTH, ("ferplus", True)),
        ("fer20137", BOTH, ("fer20137", False)),
        ("mine7", BOTH, ("mine7", False)),
        ("ferplus7", {**VOTES, "labels": "ferplus7"}, ("ferplus7", False)),
    ],
)
def test_a_seven_switches_contempt_off_where_there_is_some(labels, card, meant) -> None:
    assert contempt_apart(labels, card) == meant


def test_contempt_is_known_where_it_is_named() -> None:
    assert knows_contempt(VOTES)
    assert not knows_contempt(PLAIN)
    assert not knows_contempt({})
