"""Options that several verbs share."""

import pytest

from asdcfer.cli.shared_options import named_values, under_labels
from asdcfer.errors import AsdcferError


def test_words_become_values() -> None:
    words = ["map=-2", "name=grid", "tta=true", "area=[0.5, 1]", "path=a=b", "nothing=null"]
    assert named_values(words, "--pooling-option") == {
        "map": -2,
        "name": "grid",
        "tta": True,
        "area": [0.5, 1],
        "path": "a=b",
        "nothing": None,
    }
    assert named_values(None, "--pooling-option") is None
    assert named_values([], "--pooling-option") is None


def test_a_word_without_a_value_is_named() -> None:
    with pytest.raises(AsdcferError, match="--pooling-option cells: expected NAME=VALUE"):
        named_values(["map=1", "cells"], "--pooling-option")


def test_a_label_set_stands_behind_the_models_name() -> None:
    assert under_labels("runs/a", "ferplus") == "runs/a:ferplus"
    assert under_labels("light", None) == "light"
