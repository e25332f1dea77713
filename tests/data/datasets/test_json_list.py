"""Every form in which JSON lists images gives the same rows."""

import json
from pathlib import Path
from typing import Any

import pytest

from asdcfer.data.datasets.json_list import json_records
from asdcfer.errors import DataError

PAIRS = [("a.png", "happy"), ("b.png", "sad")]
RECORDS = [{"path": path, "label": label} for path, label in PAIRS]


@pytest.mark.parametrize(
    "value",
    [
        RECORDS,
        [list(pair) for pair in PAIRS],
        dict(PAIRS),
        {path: {"label": label} for path, label in PAIRS},
        {"data": RECORDS},
        {"labels": [list(pair) for pair in PAIRS]},
        {"path": ["a.png", "b.png"], "label": ["happy", "sad"]},
        {"path": {"0": "a.png", "1": "b.png"}, "label": {"0": "happy", "1": "sad"}},
        {"happy": ["a.png"], "sad": ["b.png"]},
    ],
)
def test_one_list_in_every_form(value: Any) -> None:
    assert [row for _, row in json_records(Path("x.json"), json.dumps(value))] == RECORDS


def test_lists_by_split_keep_it() -> None:
    text = json.dumps({"train": RECORDS[:1], "test": RECORDS[1:]})
    rows = [row for _, row in json_records(Path("x.json"), text)]
    assert rows == [{"split": "train", **RECORDS[0]}, {"split": "test", **RECORDS[1]}]


@pytest.mark.parametrize("text", ["3", "{", '"a"', "[" * 100_000])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"x.json: (no JSON|expected a JSON list)"):
        list(json_records(Path("x.json"), text))
