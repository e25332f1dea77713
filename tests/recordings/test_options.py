"""Options of recordings: bounds, and what decides the faces of a store."""

import json
from dataclasses import replace

import pytest

from asdcfer.errors import InputError
from asdcfer.recordings.options import SPLIT_BY, RecordingOptions


def test_facts_are_plain_and_name_the_detector_by_its_hash(tmp_path):
    model = tmp_path / "mine.onnx"
    model.write_bytes(b"network")
    options = RecordingOptions(detector_model=model, fps=3)
    facts = options.as_facts()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["fps"] == 3
    assert json.dumps(facts) == json.dumps(replace(options, fps=3.0).as_facts())
    assert facts["detector"] != RecordingOptions().as_facts()["detector"] == "YuNet"
    assert str(model) not in json.dumps(facts)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"fps": wrong} for wrong in (0, -1, float("nan"), 101)),
        *({"min_change": wrong} for wrong in (-0.1, 2.1)),
        {"min_face": -1},
        {"split_by": "names"},
    ],
)
def test_values_out_of_range_are_one_line(wrong):
    (name,) = wrong
    with pytest.raises(InputError, match=f"{name} .*: expected"):
        RecordingOptions(**wrong)


def test_every_way_to_split_is_an_option():
    assert [RecordingOptions(split_by=way).split_by for way in SPLIT_BY] == list(SPLIT_BY)
