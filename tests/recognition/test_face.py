import dataclasses
import json

import pytest

from tests.recognition import standin


def test_faces_are_values_that_cannot_be_changed(recognizer):
    (face,) = recognizer(standin.hopper())
    with pytest.raises(dataclasses.FrozenInstanceError):
        face.expression = "happy"


def test_json_of_a_face_can_be_written(recognizer):
    (one,) = recognizer(standin.hopper())
    back = json.loads(json.dumps(one.as_dict()))
    assert back["expression"] == one.expression
    assert len(back["landmarks"]) == 5
    assert len(back["box"]) == 4
