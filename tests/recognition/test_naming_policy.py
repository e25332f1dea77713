import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.recognition.detection import Detection
from asdcfer.recognition.face_quality import FaceQuality
from asdcfer.recognition.naming_policy import NamingPolicy

NAMES = ("happy", "sad")
IDENTITY = np.array([[0.01, 0, 0], [0, 0.01, 0]])
PLAIN = FaceQuality(0.9)


def a_face(policy, box=(10.0, 10.0, 50.0, 40.0), scores=(0.75, 0.25), number=3, quality=PLAIN):
    shape = (100, 100, 3)
    found = Detection(box, None, 0.9)
    return policy.face(number, found, IDENTITY, shape, np.array(scores), None, quality)


def test_a_face_is_named_by_its_largest_score():
    face = a_face(NamingPolicy(expressions=NAMES))
    assert (face.expression, face.confidence, face.status) == ("happy", 0.75, "ok")
    assert (face.id, face.quality.detection_score, face.scores) == (
        3,
        0.9,
        {"happy": 0.75, "sad": 0.25},
    )
    assert face.corners.tolist() == [[0, 0], [100, 0], [100, 100], [0, 100]]


@pytest.mark.parametrize(("least", "status"), [(40, "ok"), (40.1, "too small")])
def test_a_face_under_the_least_size_keeps_its_scores_and_loses_its_name(least, status):
    face = a_face(NamingPolicy(expressions=NAMES, min_face=least))
    assert face.status == status
    assert face.expression == ("happy" if status == "ok" else "uncertain")
    assert face.confidence == 0.75


def test_the_size_that_counts_is_the_detectors_own_and_not_the_clipped_box():
    face = a_face(NamingPolicy(expressions=NAMES, min_face=40), box=(-30.0, -35.0, 50.0, 40.0))
    assert face.box == (0, 0, 20, 5)
    assert face.status == "ok"


def test_a_named_face_can_become_uncertain_and_sure_again():
    policy = NamingPolicy(expressions=NAMES, abstain_below=0.7)
    face = a_face(policy)
    unsure = policy.named(face, np.array([0.5, 0.5]), 4)
    assert (unsure.expression, unsure.status, unsure.id) == ("uncertain", "uncertain", 4)
    assert policy.named(unsure, np.array([0.3, 0.7]), 4).expression == "sad"
    small = a_face(NamingPolicy(expressions=NAMES, min_face=99, abstain_below=0.7))
    assert policy.named(small, np.array([0.5, 0.5]), 0).status == "too small"


def test_a_bound_that_is_no_probability_is_refused():
    for bound in (-0.1, 2, float("nan")):
        with pytest.raises(InputError, match="a probability in 0 to 1"):
            NamingPolicy(expressions=NAMES, abstain_below=bound)


@pytest.mark.parametrize("yaw", [30.5, -30.5])
def test_a_face_that_is_turned_too_far_keeps_its_scores_and_loses_its_name(yaw):
    policy = NamingPolicy(expressions=NAMES, max_yaw=30, min_sharpness=0.2)
    face = a_face(policy, quality=FaceQuality(0.9, yaw, 0, 0, 0.1, 40))
    assert (face.expression, face.status, face.confidence) == ("uncertain", "turned away", 0.75)
    assert policy.named(face, np.array([0.1, 0.9]), 1).status == "turned away", "in a video, too"
    assert a_face(policy, quality=FaceQuality(0.9, 30.0, 0, 0, 0.3, 40)).status == "ok"
    tiny = NamingPolicy(expressions=NAMES, max_yaw=30, min_face=50)
    assert a_face(tiny, quality=FaceQuality(yaw=yaw)).status == "too small", "what is worse goes on"


def test_a_blurred_face_loses_its_name_and_what_was_not_measured_is_no_fault():
    policy = NamingPolicy(expressions=NAMES, max_yaw=30, min_sharpness=0.2)
    face = a_face(policy, quality=FaceQuality(sharpness=0.19))
    assert (face.expression, face.status) == ("uncertain", "blurred")
    assert a_face(policy, quality=FaceQuality(sharpness=0.2)).status == "ok"
    assert a_face(policy, quality=FaceQuality()).status == "ok"


def test_bounds_that_cannot_be_are_refused():
    for bound in (-1, 91, float("nan")):
        with pytest.raises(InputError, match="0 to 90 degrees"):
            NamingPolicy(expressions=NAMES, max_yaw=bound)
    for bound in (-0.1, float("nan")):
        with pytest.raises(InputError, match="at least 0"):
            NamingPolicy(expressions=NAMES, min_sharpness=bound)
