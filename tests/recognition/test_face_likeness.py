"""Likeness of faces: one person's pictures are nearer than two persons', in one recording."""

import cv2
import numpy as np
import pytest

from asdcfer.data.eight_bits import to_gray
from asdcfer.recognition.alignment import aligned, face_transform
from asdcfer.recognition.detector import YuNet
from asdcfer.recognition.face_likeness import FaceLikeness
from tests.recognition import standin


def crop(photo: np.ndarray) -> np.ndarray:
    face = max(YuNet()(photo), key=lambda one: one.box[2])
    return to_gray(aligned(photo, face_transform(face.landmarks, face.box), 48))


@pytest.mark.slow
def test_a_face_in_other_light_and_size_is_nearer_than_another_face():
    likeness = FaceLikeness()
    crops = []
    for photo in (standin.astronaut(), standin.hopper()):
        dim = np.clip(photo * 0.6 + 10, 0, 255).astype(np.uint8)
        small = cv2.resize(photo, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
        crops += [crop(photo), crop(dim), crop(small)]
    features = likeness.features(np.stack(crops))
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)
    one = likeness.features(crops[3][None])
    np.testing.assert_allclose(one[0], features[3], atol=1e-5)
    vectors = likeness.vectors(features)
    near = vectors @ vectors.T
    assert near[:3, :3].min() > near[:3, 3:].max() + 0.3
    assert near[3:, 3:].min() > near[:3, 3:].max() + 0.3
