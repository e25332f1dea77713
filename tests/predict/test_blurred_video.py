"""Blurred video: what the detector misses for a moment is covered all the same."""

import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.predict import blurred_video
from asdcfer.predict.blurred_video import BlurredFrames, blurred_frames
from tests.recognition.test_blur import face_at, inside

FRAMES = 30


class Kept:
    """Takes the frames that are drawn."""

    def __init__(self):
        self.images, self.times, self.faces = [], [], []

    def add(self, image, faces, time=None):
        self.images.append(image)
        self.times.append(time)
        self.faces.append(faces)


def place(number):
    """Where the face is in a frame: it moves to the right."""
    return face_at((20 + 3 * number, 30, 40, 40))


def film(seed, count=FRAMES, size=(120, 200)):
    """A still background of noise and a face of other noise in every frame but the first."""
    still = np.random.default_rng(7).integers(0, 256, (*size, 3), dtype=np.uint8)
    generator = np.random.default_rng(seed)
    frames = [still.copy()]
    for number in range(1, count):
        image, mask = still.copy(), inside(place(number), still.shape)
        image[mask] = generator.integers(0, 256, (int(mask.sum()), 3), dtype=np.uint8)
        frames.append(image)
    return frames


def run(frames, missed=(), gap=0.04):
    kept = Kept()
    with blurred_frames(kept) as drawing:
        for number, image in enumerate(frames):
            drawing.add(image, [] if number in missed else [place(number)], number * gap)
    assert kept.times == [number * gap for number in range(len(frames))]
    return kept.images


@pytest.mark.parametrize(
    "missed",
    [(), (10,), range(8, 14), (0, 1, 2), (27, 28, 29), (0, 1, 9, 10, 11, 20, 28, 29)],
    ids=["none", "one", "six", "first", "last", "many"],
)
def test_no_frame_tells_a_face_apart_from_another(missed):
    """Two films whose faces differ in every frame but the first become the same film."""
    one, other = run(film(1), missed), run(film(2), missed)
    for number, (a, b, original) in enumerate(zip(one, other, film(1), strict=True)):
        mask = inside(place(number), original.shape)
        assert (a[mask] == b[mask]).all(), number
        assert (a[mask] != original[mask]).any(axis=1).mean() > 0.99, number


def test_a_face_long_gone_is_covered_no_more():
    images = film(1)
    result = run(images, missed=range(1, 30), gap=0.1)
    assert (result[5] != images[5]).any()
    assert (result[20] == images[20]).all()


def test_frames_far_apart_look_to_their_neighbors():
    images = film(1, 9)
    result = run(images, missed=(4,), gap=2.0)
    assert (result[4] != images[4]).any(axis=2)[inside(place(4), images[4].shape)].mean() > 0.8


def test_a_new_size_of_the_picture_starts_anew():
    kept = Kept()
    with blurred_frames(kept) as drawing:
        for number in range(3):
            drawing.add(np.full((120, 200, 3), 9, np.uint8), [place(number)], number / 25)
        for number in range(3, 6):
            image = np.random.default_rng(0).integers(0, 256, (240, 400, 3), dtype=np.uint8)
            drawing.add(image, [], number / 25)
    assert [image.shape[0] for image in kept.images] == [120] * 3 + [240] * 3
    assert (kept.images[3] == image).all()


def test_little_is_held(monkeypatch):
    monkeypatch.setattr(blurred_video, "MOST_BYTES", 5 * 120 * 200 * 3)
    kept = Kept()
    drawing = BlurredFrames(kept)
    for number, image in enumerate(film(1)):
        drawing.add(image, [place(number)], number * 0.01)
        assert number - len(kept.images) < 5
    drawing.finish()
    assert len(kept.images) == FRAMES


def test_what_came_before_a_source_breaks_is_drawn():
    kept = Kept()

    def break_off():
        with blurred_frames(kept) as drawing:
            drawing.add(film(1)[0], [place(0)], 0.0)
            raise InputError("cut")

    with pytest.raises(InputError, match="cut"):
        break_off()
    assert kept.times == [0.0]
    assert kept.faces[0][0].landmarks is None
