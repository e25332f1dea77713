"""Head pose: known turns of a known head come back; a picture that turns takes its faces along."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition.head_pose import HEAD, head_pose
from tests.recognition import standin
from tests.reference.head_pose import projected, turned_in_plane

YAWS, PITCHES, ROLLS = (st.floats(-a, a) for a in (75, 50, 179))
MIRRORED = [1, 0, 2, 4, 3]
"""In the mirror the right eye is the left one."""


def apart(a: float, b: float) -> float:
    """Degrees between two angles, the short way round."""
    return abs((a - b + 180) % 360 - 180)


@given(YAWS, PITCHES, ROLLS, st.floats(5, 500), st.floats(-1000, 1000))
def test_the_turn_of_a_head_comes_back(yaw, pitch, roll, size, place):
    pose = head_pose(projected(HEAD, yaw, pitch, roll) * size + place)
    assert pose is not None
    assert abs(pose.yaw - yaw) < 1e-3
    assert abs(pose.pitch - pitch) < 1e-3
    assert apart(pose.roll, roll) < 1e-3


@given(YAWS, PITCHES, ROLLS)
def test_a_mirror_image_turns_and_tilts_to_the_other_side(yaw, pitch, roll):
    points = projected(HEAD, yaw, pitch, roll) + np.random.default_rng(0).normal(0, 0.03, (5, 2))
    pose, mirrored = head_pose(points), head_pose((points * [-1, 1])[MIRRORED])
    assert apart(mirrored.yaw, -pose.yaw) < 0.5
    assert apart(mirrored.roll, -pose.roll) < 0.5
    assert apart(mirrored.pitch, pose.pitch) < 0.5


@pytest.mark.parametrize("yaw", [-40, 0, 25])
def test_landmarks_that_are_a_little_off_change_it_a_little(yaw):
    rng = np.random.default_rng(1)
    found = [
        head_pose(projected(HEAD, yaw, 5, 10) + rng.normal(0, 0.02, (5, 2))).yaw - yaw
        for _ in range(200)
    ]
    assert abs(np.mean(found)) < 0.7
    assert np.std(found) < 4


@given(st.floats(-170, 170))
def test_a_picture_that_is_turned_changes_the_roll_by_its_turn_and_nothing_else(turn):
    points = projected(HEAD, 20, -10, 5) + np.random.default_rng(2).normal(0, 0.03, (5, 2))
    before, after = head_pose(points), head_pose(turned_in_plane(points, turn))
    assert apart(after.roll, before.roll + turn) < 1e-6
    assert abs(after.yaw - before.yaw) < 1e-6
    assert abs(after.pitch - before.pitch) < 1e-6


def test_landmarks_that_are_no_face_have_no_pose():
    assert head_pose(np.zeros((5, 2))) is None
    assert head_pose(np.arange(10.0).reshape(5, 2)) is None, "on one line"
    assert head_pose(np.full((5, 2), math.nan)) is None


@pytest.mark.slow
def test_a_real_face_turned_in_the_plane_rolls_along(model):
    picture, own = standin.hopper(), Recognizer(model, device="cpu")
    (face,) = own(picture)
    x, y, width, height = face.box
    for turn in (-25, -10, 10, 25, 90):
        # OpenCV turns to the left for positive angles; clockwise is positive here.
        matrix = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), -turn, 1)
        turned = cv2.warpAffine(
            picture, matrix, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
        )
        (after,) = own(turned)[:1]
        assert apart(after.quality.roll, face.quality.roll + turn) < 8, turn
    (mirrored,) = own(np.ascontiguousarray(picture[:, ::-1]))[:1]
    assert apart(mirrored.quality.roll, -face.quality.roll) < 8
    assert abs(mirrored.quality.yaw + face.quality.yaw) < 8
    assert abs(mirrored.quality.pitch - face.quality.pitch) < 8
