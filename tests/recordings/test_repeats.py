"""Repeats: what is nearly the last one kept is one; tracks are apart, and are forgotten."""

import numpy as np

from asdcfer.data.perceptual_hash import comparable, pixel_distance
from asdcfer.data.sample import sample_pack
from asdcfer.recordings.repeats import Repeats


def test_faces_are_compared_with_the_last_one_that_was_kept():
    images = sample_pack().images[:40]
    mixed = [
        (a * share + b * (1 - share)).round().astype(np.uint8)
        for a, b in zip(images[:-1].astype(float), images[1:].astype(float), strict=True)
        for share in (1.0, 0.9, 0.8, 0.5)
    ]
    repeats, last, expected = Repeats(0.1), None, []
    for crop in mixed:
        near = last is not None and pixel_distance(comparable(crop[None]), last)[0] < 0.1
        expected.append(bool(near))
        last = last if near else comparable(crop[None])
    found = [repeats(7, n / 2, crop) for n, crop in enumerate(mixed)]
    assert found == expected
    assert 10 < sum(found) < len(found) - 10


def test_tracks_are_apart_and_a_forgotten_one_begins_anew():
    face = np.asarray(sample_pack().images[0])
    repeats = Repeats(0.1)
    assert [repeats(0, 0.0, face), repeats(1, 0.0, face), repeats(0, 1.0, face)] == [
        False,
        False,
        True,
    ]
    repeats.forget(unseen_since=0.5)
    assert [repeats(0, 2.0, face), repeats(1, 2.0, face)] == [True, False]


def test_no_least_change_keeps_all_and_color_is_compared():
    face = np.asarray(sample_pack().images[0])
    repeats = Repeats(0)
    assert not repeats(0, 0, face)
    assert not repeats(0, 1, face)
    color = np.repeat(face[..., None], 3, axis=2)
    repeats = Repeats(0.05)
    assert [repeats(0, 0, color), repeats(0, 1, color)] == [False, True]
