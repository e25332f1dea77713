"""The bound of the pixel distance never exceeds it, and rules most pairs out."""

import numpy as np
import pytest

from asdcfer.data.detail_sketch import DetailSketches, least_distance, sketch_detail
from asdcfer.data.perceptual_hash import PIXEL_DISTANCE, detail_spectra, pixel_distance
from asdcfer.data.sample import sample_pack


def everything(images: np.ndarray) -> DetailSketches:
    return sketch_detail(images, np.arange(len(images)))


def awkward() -> np.ndarray:
    """Noise, flat and nearly flat pictures, stripes and checkers of the highest frequencies."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (20, 48, 48)).astype(np.uint8)
    flat = np.stack([np.full((48, 48), level, np.uint8) for level in (0, 90, 255)])
    nearly = flat.copy()
    nearly[:, 10, 10] ^= 1
    at = np.arange(48)
    stripes = np.stack([(at % n < n / 2) * 200 + 0 * at[:, None] for n in (2, 3, 5, 9)])
    checkers = ((at + at[:, None]) % 2 * 255)[None]
    return np.concatenate([noise, flat, nearly, stripes, checkers]).astype(np.uint8)


@pytest.mark.slow
def test_the_bound_never_exceeds_the_distance() -> None:
    for images in (np.asarray(sample_pack().images[:80]), awkward()):
        i, j = np.triu_indices(len(images))
        sketches = everything(images)
        assert (
            least_distance(sketches, i, sketches, j) <= pixel_distance(images[i], images[j]) + 1e-6
        ).all()


def test_the_bound_rules_out_most_different_faces() -> None:
    images = np.asarray(sample_pack().images[:80])
    i, j = np.triu_indices(len(images), 1)
    sketches = everything(images)
    assert (least_distance(sketches, i, sketches, j) > PIXEL_DISTANCE).mean() > 0.95


def test_no_spectrum_is_longer_than_what_is_said() -> None:
    images = np.concatenate([np.asarray(sample_pack().images[:40]), awkward()])
    _, energy = detail_spectra(images)
    most = everything(images).most_length()
    assert (most >= np.sqrt(energy) - 1e-6).all()
    assert (most <= np.sqrt(energy) + 0.02).all()


def test_sketches_of_two_sets_are_compared_and_joined() -> None:
    images = np.asarray(sample_pack().images[:9])
    whole = everything(images)
    left, right = sketch_detail(images, np.arange(4)), sketch_detail(images, np.arange(4, 9))
    joined = DetailSketches.empty(9)
    joined.put(0, left)
    joined.put(4, right)
    for name in ("codes", "step", "error", "rest"):
        assert np.array_equal(getattr(joined, name), getattr(whole, name))
    i, j = np.array([0, 3]), np.array([1, 4])
    assert np.array_equal(least_distance(left, i, right, j), least_distance(whole, i, whole, j + 4))
