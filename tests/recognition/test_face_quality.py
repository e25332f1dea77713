import json

import numpy as np
import pytest

from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition.alignment import face_transform
from asdcfer.recognition.detection import Detection
from asdcfer.recognition.face_quality import MEASURES, NOT_MEASURED, FaceQuality, face_quality
from asdcfer.recognition.options import DetectionOptions
from tests.recognition import standin

IDENTITY = np.array([[1 / 48, 0, 0], [0, 1 / 48, 0]])
POINTS = np.array([[15, 19], [33, 19], [24, 29], [17, 36], [31, 36]], np.float32)


def test_names_are_those_of_the_table_and_json_takes_them():
    quality = FaceQuality(0.912345, 1.23456, -2, 3, 0.412345, 17.999)
    assert tuple(quality.as_dict()) == tuple(MEASURES)
    assert json.loads(json.dumps(quality.as_dict())) == {
        "detection_score": 0.9123,
        "yaw": 1.23,
        "pitch": -2.0,
        "roll": 3.0,
        "sharpness": 0.4123,
        "interocular": 18.0,
    }
    assert set(NOT_MEASURED.as_dict().values()) == {None}


def test_without_landmarks_only_the_sharpness_is_known(faces):
    found = face_quality(faces[0], Detection((0, 0, 48, 48), None), IDENTITY, faces[0])
    assert found.sharpness > 0
    assert (found.detection_score, found.yaw, found.pitch, found.roll) == (None,) * 4
    assert found.interocular is None


def test_crops_of_another_size_are_cut_again(faces):
    detection = Detection((0, 0, 48, 48), POINTS, 0.9)
    transform = face_transform(POINTS, detection.box)
    found = face_quality(faces[0], detection, transform, np.zeros((64, 64), np.uint8))
    assert found.sharpness > 0
    assert found.interocular == 18
    assert abs(found.yaw) < 5


def test_landmarks_of_no_face_have_no_angles(faces):
    detection = Detection((0, 0, 48, 48), np.full((5, 2), 7, np.float32), 0.9)
    found = face_quality(faces[0], detection, IDENTITY, faces[0])
    assert (found.yaw, found.interocular, found.detection_score) == (None, 0, 0.9)


def test_a_recognizer_measures_every_face(recognizer):
    face = recognizer(standin.hopper())[0]
    assert 0.8 < face.quality.detection_score <= 1
    assert 50 < face.quality.interocular < 90
    assert abs(face.quality.roll) < 20
    assert face.as_dict()["yaw"] == round(face.quality.yaw, 2)


@pytest.mark.slow
def test_turned_and_blurred_faces_lose_their_names_in_photos_crops_and_videos(model, faces):
    photo = standin.both()
    plain = Recognizer(model, device="cpu")(photo)
    least = min(abs(face.quality.yaw) for face in plain)
    strict = Recognizer(
        model, device="cpu", detection=DetectionOptions(max_yaw=least, min_sharpness=99)
    )
    assert sorted(face.status for face in strict(photo)) == ["blurred", "turned away"]
    assert {face.status for face in next(strict(iter([photo])))} == {"blurred", "turned away"}
    assert [face.scores for face in strict(photo)] == [face.scores for face in plain]
    crops = Recognizer(
        model, device="cpu", detection=DetectionOptions(detector=None, min_sharpness=99)
    )
    (face,) = crops(faces[0])
    assert (face.status, face.quality.yaw) == ("blurred", None)
