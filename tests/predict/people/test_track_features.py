"""Features of tracks: looks are rare and few, good ones count, and no length makes them grow."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from asdcfer.predict.people.track_features import (
    LOOK_EVERY,
    MOST_LOOKS,
    TrackFeatures,
    feature_of,
    picture_of,
)
from asdcfer.recognition.face import Face
from asdcfer.recognition.face_quality import FaceQuality
from tests.predict.people.standin import GrayLikeness

CORNERS = np.array([[0, 0], [20, 0], [20, 20], [0, 20]], np.float32)


def face(number: int, left: float = 0, **more) -> Face:
    box = (left, 0, 20, 20)
    corners = CORNERS + np.array([left, 0], np.float32)
    quality = FaceQuality(sharpness=0.4)
    return Face(box, None, {}, "", 0.0, number, **{"corners": corners, "quality": quality, **more})


def image(*grays: int) -> np.ndarray:
    return np.hstack([np.full((20, 20, 3), gray, np.uint8) for gray in grays])


def test_lines_can_be_written_and_hold_what_was_seen():
    tracks = TrackFeatures(GrayLikeness())
    tracks.add("v", 0.0, image(50, 200), [face(0), face(1, 20)])
    tracks.add("v", 1.0, image(50, 200), [face(0)])
    first, second = json.loads(json.dumps(tracks.finish()))
    assert (first["track"], first["frames"], first["first"], first["seen_with"]) == (0, 2, 0, [1])
    assert (second["track"], second["frames"], second["seen_with"]) == (1, 1, [0])
    want = GrayLikeness().features(np.full((1, 12, 12), 50.0))[0]
    np.testing.assert_allclose(feature_of(first), want, atol=0.02)
    picture = np.asarray(Image.open(io.BytesIO(picture_of(second))))
    assert picture.shape == (96, 96, 3)
    assert abs(picture.mean() - 200) < 2
    assert tracks.finish() == [], "of one file at a time"


def test_long_tracks_are_looked_at_now_and_then_and_not_for_ever():
    likeness = GrayLikeness()
    tracks = TrackFeatures(likeness)
    for number in range(25):
        tracks.add("v", number / 25, image(90), [face(0)])
    assert likeness.looks == round(1 / LOOK_EVERY)
    for number in range(2000):
        tracks.add("v", 1.0 + number, image(90), [face(0)])
    (line,) = tracks.finish()
    assert likeness.looks == MOST_LOOKS
    assert line["frames"] == 2025
    assert len(json.dumps(line)) < 4000


@pytest.mark.parametrize(
    "poor",
    [
        {"status": "blurred"},
        {"status": "too small"},
        {"quality": FaceQuality(yaw=50.0, sharpness=0.4)},
    ],
)
def test_a_poor_look_counts_only_where_there_is_no_better_one(poor):
    tracks = TrackFeatures(GrayLikeness())
    tracks.add("v", 0.0, image(250), [face(0, **poor)])
    alone = feature_of(tracks.finish()[0])
    tracks.add("v", 0.0, image(250), [face(0, **poor)])
    tracks.add("v", 1.0, image(50), [face(0)])
    tracks.add("v", 2.0, image(250), [face(0, **poor)])
    (line,) = tracks.finish()
    good = GrayLikeness().features(np.full((1, 12, 12), 50.0))[0]
    assert np.linalg.norm(feature_of(line) - good) < 0.25 * np.linalg.norm(alone - good)
    assert abs(np.asarray(Image.open(io.BytesIO(picture_of(line)))).mean() - 50) < 2


def test_gray_pictures_and_turned_faces():
    tracks = TrackFeatures(GrayLikeness())
    tracks.add("v", 0.0, image(70)[..., 0], [face(0)])
    assert np.asarray(Image.open(io.BytesIO(picture_of(tracks.finish()[0])))).shape == (96, 96, 3)
    wide = np.zeros((40, 40, 3), np.uint8)
    wide[:20] = 255
    turned = replace(face(0), corners=np.array([[40, 0], [40, 40], [0, 40], [0, 0]], np.float32))
    tracks.add("v", 0.0, wide, [turned])
    picture = np.asarray(Image.open(io.BytesIO(picture_of(tracks.finish()[0])))).mean(2)
    assert picture[:, :40].mean() > 240, "the picture's top is the turned face's left"
    assert picture[:, 56:].mean() < 15


def test_tracks_that_are_over_are_given_while_others_go_on():
    tracks = TrackFeatures(GrayLikeness())
    tracks.add("v", 0.0, image(50, 200), [face(0), face(1, 20)])
    tracks.add("v", 4.0, image(50, 200), [face(1, 20)])
    assert [line["track"] for line in tracks.finish(unseen_since=3.0)] == [0]
    assert tracks.finish(unseen_since=3.0) == []
    assert [(line["track"], line["frames"]) for line in tracks.finish()] == [(1, 2)]
