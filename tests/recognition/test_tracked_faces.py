"""Faces found and followed without a model that names them."""

from collections import Counter

import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.recognition.alignment import face_crops
from asdcfer.recognition.detection import Detection
from asdcfer.recognition.detector import YuNet
from asdcfer.recognition.tracked_faces import (
    found_faces,
    readable_faces,
    refusal,
    tracked_faces,
)
from asdcfer.recognition.video import Frame
from tests.recognition.standin import astronaut, both


def detector_of(boxes: dict[int, list[float]]):
    """Answers with a face at a left edge for each frame, by the value of its first pixel."""

    def detect(image: np.ndarray) -> list[Detection]:
        lefts = boxes[int(image[0, 0, 0])]
        return [Detection((left, 10.0, 40.0, 40.0), None) for left in lefts]

    return detect


def frames(count: int, seconds: float = 0.5, value=lambda number: number) -> list[Frame]:
    return [Frame(n, n * seconds, np.full((90, 300, 3), value(n), np.uint8)) for n in range(count)]


def test_a_face_keeps_its_number_also_over_a_frame_in_which_it_was_missed():
    detect = detector_of({0: [10, 200], 1: [14, 205], 2: [20], 3: [25, 207], 4: [30, 210]})
    found = list(tracked_faces(frames(5), detect, readable_faces()))
    assert [[face.id for face in frame.faces] for frame in found] == [
        [0, 1],
        [0, 1],
        [0],
        [0, 1],
        [0, 1],
    ]
    assert [frame.time for frame in found] == [0, 0.5, 1, 1.5, 2]


def test_a_cut_and_a_new_size_begin_new_tracks():
    detect = detector_of({0: [10], 1: [10], 200: [10]})
    video = frames(4, value=lambda n: 0 if n < 2 else 200)
    ids = [frame.faces[0].id for frame in tracked_faces(video, detect, readable_faces())]
    assert ids == [0, 0, 1, 1]
    larger = [Frame(2, 1.0, np.zeros((95, 300, 3), np.uint8))]
    ids = [f.faces[0].id for f in tracked_faces(video[:2] + larger, detect, readable_faces())]
    assert ids == [0, 0, 1]


def test_faces_are_measured_and_get_the_status_of_their_limits():
    faces = found_faces(both(), YuNet()(both()), readable_faces(min_face=130))
    assert [face.status for face in faces] == ["ok", "too small"]
    assert all(face.quality.yaw is not None for face in faces)
    assert faces[0].quality.sharpness > 0.1
    blurred = found_faces(both(), YuNet()(both()), readable_faces(min_sharpness=5))
    assert {face.status for face in blurred} == {"blurred"}
    turned = found_faces(both(), YuNet()(both()), readable_faces(max_yaw=0))
    assert {face.status for face in turned} == {"turned away"}
    with pytest.raises(InputError, match="max_yaw"):
        readable_faces(max_yaw=99)


def test_crops_of_photos_leave_out_and_count_the_same():
    left_out: Counter[str] = Counter()
    policy = readable_faces(min_face=130, min_sharpness=0)
    crops = face_crops(48, YuNet(), 0, refusal(policy, left_out))
    assert len(crops(both())) == 1
    assert left_out == {"too small": 1}
    assert crops(astronaut()) == []
    assert left_out == {"too small": 2}
    everything = face_crops(48, YuNet(), 0, refusal(readable_faces(), left_out))(both())
    for crop, plain in zip(everything, face_crops(48, YuNet())(both()), strict=True):
        assert np.array_equal(crop, plain)
