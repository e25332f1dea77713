import numpy as np

from asdcfer.app.schemas import Attention, face_answer
from asdcfer.recognition.face_quality import FaceQuality
from tests.app.standin import StandIn, StandInFace


def test_a_face_becomes_json_of_plain_numbers():
    (face,) = StandIn()(np.full((80, 120, 3), 128, np.uint8))
    answer = face_answer(face, 7)
    assert answer.id == 0, "its own number goes first"
    assert answer.box.model_dump() == {"x": 30, "y": 20, "width": 60, "height": 40}
    assert len(answer.landmarks) == 5
    assert answer.scores == face.scores
    assert (answer.expression, answer.status, answer.attention) == (face.expression, "ok", None)


def test_uncertain_is_said_twice_and_a_worse_status_stays():
    face = StandInFace((0, 0, 9, 9), {"happy": 0.6, "sad": 0.4}, "happy", 0.6)
    assert face_answer(face, 0, 0.6).expression == "happy", "at the bound it is named"
    answer = face_answer(face, 0, 0.61)
    assert (answer.expression, answer.status) == ("uncertain", "uncertain")
    face.status = "too small"
    assert face_answer(face, 0, 0.61).status == "too small"


def test_a_face_without_number_status_or_landmarks_has_defaults():
    class Bare:
        box, landmarks, scores = (0, 0, 9.123, 9), None, {"happy": 1.0000001}
        expression, confidence = "happy", 1.0000001

    attention = Attention(values=[[1.0]], corners=[(0, 0)] * 4)
    answer = face_answer(Bare(), 3, attention=attention)
    assert (answer.id, answer.status, answer.landmarks) == (3, "ok", None)
    assert (answer.box.width, answer.confidence) == (9.12, 1.0)
    assert answer.attention is attention


def test_measures_of_quality_are_passed_on_where_there_are_any():
    face = StandInFace((0, 0, 9, 9), {"happy": 0.6, "sad": 0.4}, "happy", 0.6)
    assert face_answer(face, 0).yaw is None
    face.quality = FaceQuality(0.95, 12.345, -3, 4, 0.41, 33)
    face.status = "turned away"
    answer = face_answer(face, 0)
    assert (answer.detection_score, answer.yaw, answer.interocular) == (0.95, 12.35, 33)
    assert answer.status == "turned away"
