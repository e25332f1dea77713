"""Faces cut out of pictures and scored in batches; attention from other weights where needed."""

import numpy as np
import pytest

from asdcfer.predict.face_scoring import FaceScorer
from asdcfer.recognition.detection import Detection
from asdcfer.recognition.naming_policy import NamingPolicy

NAMES = ("happy", "sad")


class Brightness:
    """A runtime whose score is how light a face is; remembers how many came together."""

    size, channels, expressions, card = 8, 1, NAMES, {}

    def __init__(self, explains: bool = True) -> None:
        self.explains, self.together = explains, []

    def probabilities(self, faces):
        assert faces.shape[1:] == (8, 8)
        self.together.append(len(faces))
        happy = faces.mean((1, 2)) / 255
        return np.stack([happy, 1 - happy], 1).astype(np.float32)

    def attention(self, faces, classes):
        return classes[:, None, None] * np.ones((1, 2, 2), np.float32)


def scorer(runtime, batch_size=64, load=None):
    return FaceScorer(runtime, NamingPolicy(expressions=NAMES), batch_size, load)


def gray(*levels):
    return [np.full((20, 30, 3), level, np.uint8) for level in levels]


def test_scores_go_to_the_faces_of_their_pictures_whatever_the_batch():
    runtime = Brightness()
    boxes = {0: [], 50: [(1, 1, 9, 9), (3, 3, 12, 12)], 100: [(2, 2, 9, 9)], 200: [(0, 0, 20, 20)]}

    def detector(image):
        return [Detection(tuple(map(float, box)), None) for box in boxes[image[0, 0, 0]]]

    images = gray(0, 50, 100, 200)
    for batch_size, together in ((64, [4]), (3, [3, 1]), (1, [1] * 4)):
        runtime.together.clear()
        one = scorer(runtime, batch_size)
        answers = one.scored(images, [one.cut(image, detector) for image in images], True)
        assert runtime.together == together
        assert [len(faces) for faces in answers] == [0, 2, 1, 1]
        assert answers[1][0].box[2:] == (12, 12), "the largest first"
        assert [face.id for face in answers[1]] == [0, 1]
        for image, faces in zip(images, answers, strict=True):
            for face in faces:
                assert face.scores["happy"] == pytest.approx(image[0, 0, 0] / 255, abs=1e-2)
                assert (face.attention == (face.expression == "sad")).all()


def test_without_a_detector_the_whole_picture_is_the_face():
    ((detection, crop, transform),) = scorer(Brightness()).cut(gray(7)[0], None, 16)
    assert detection.box == (0, 0, 30, 20)
    assert crop.shape[:2] == (16, 16)
    assert transform.shape == (2, 3)


def test_weights_for_attention_are_loaded_when_a_face_asks_for_them():
    loaded = []

    def load():
        loaded.append(Brightness())
        return loaded[-1]

    runtime = Brightness(explains=False)
    assert not scorer(runtime).explains
    one = scorer(runtime, load=load)
    assert one.explains
    (image,) = gray(90)
    found = [one.cut(image, None)]
    assert one.scored([image], [[]], True) == [[]]
    assert one.scored([image], found, False)[0][0].attention is None
    assert loaded == []
    ((face,),) = one.scored([image], found, True)
    assert face.attention is not None
    assert loaded[0].together == [1]
