import json

import pytest

from asdcfer.errors import DataError
from asdcfer.evaluation.result import Feature, LabelsUsed, read_result, write_result
from tests.evaluation.standin import toy_result


def test_result_comes_back_from_its_file(tmp_path) -> None:
    result = toy_result(
        0.25,
        encoder="student",
        twins_removed=3,
        hyperparameters={"penalty": 0.1},
        labels_used=LabelsUsed(share=0.1, draw=2, images=50),
        per_class_recall={"angry": 0.5, "happy": None, "sad": 0.1},
    )
    path = write_result(tmp_path / "r.json", result)
    assert read_result(path) == result
    values = json.loads(path.read_text())
    assert values["protocol"]["chosen_on"] == "public"
    assert values["format"] == 1
    assert values["per_class_recall"]["happy"] is None
    assert "curves" not in values


def test_foreign_and_old_files_are_refused_in_one_line(tmp_path) -> None:
    values = toy_result().as_json()
    for text, said in (
        ("{", r"x\.json cannot be read"),
        ("{}", r"x\.json is not a result of this package"),
        ("[]", r"x\.json is not a result of this package"),
        (
            json.dumps({k: v for k, v in values.items() if k != "format"}),
            r"another version of this package \(format unknown; this one reads 1\); measure it",
        ),
        (json.dumps({**values, "format": 7}), "format 7"),
        (json.dumps({**values, "mood": 1}), "not a result of this package: mood"),
        (
            json.dumps({**values, "protocol": "a sentence"}),
            "not a result of this package: protocol",
        ),
    ):
        path = tmp_path / "x.json"
        path.write_text(text)
        with pytest.raises(DataError, match=said) as caught:
            read_result(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="cannot be read"):
        read_result(tmp_path / "none.json")


def test_names_of_files_tell_results_apart() -> None:
    def named(**changes):
        return toy_result(**changes).file_name

    plain = toy_result().protocol
    assert named() == "linear-grid-private"
    assert named(encoder="student", feature=Feature(pooling="global", dim=2)) == (
        "student-linear-global-private"
    )
    assert (
        named(
            feature=Feature(pooling="grid", dim=2, name="grid-cells2"),
            protocol=plain.model_copy(update={"tta": "features"}),
            hyperparameters={"scaling": "whole"},
            twins_removed=0,
        )
        == "linear-grid-cells2-tta-features-scaling-whole-private-without-twins"
    )
    assert named(labels_used=LabelsUsed(per_class=4, draw=1, images=12)) == (
        "linear-grid-each4-draw1-private"
    )
