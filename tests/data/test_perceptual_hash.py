"""The perceptual hash and the pixel distance against slow forms, and what they must and must not
notice.
"""

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.perceptual_hash import (
    HAMMING,
    PIXEL_DISTANCE,
    comparable,
    detail_spectra,
    perceptual_hash,
    pixel_distance,
)
from asdcfer.data.sample import sample_pack
from tests.reference import perceptual_hash as slow


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.asarray(sample_pack().images[:60])


def bits_apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.bitwise_count(perceptual_hash(first).bits ^ perceptual_hash(second).bits)


def test_the_hash_is_the_slow_hash(faces: np.ndarray) -> None:
    fast = np.unpackbits(perceptual_hash(faces).bits[:, None].view(np.uint8), axis=1).astype(bool)
    assert fast.tolist() == [slow.hash_bits(face) for face in faces]


def test_the_distance_is_the_slow_distance(faces: np.ndarray) -> None:
    fast = pixel_distance(faces[:8], faces[8:16])
    assert np.allclose(
        fast,
        [slow.pixel_distance(a, b) for a, b in zip(faces[:8], faces[8:16], strict=True)],
        atol=2e-3,
    )


def recompressed(face: np.ndarray, quality: int) -> np.ndarray:
    import io

    buffer = io.BytesIO()
    Image.fromarray(face).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


CHANGES = {
    "brighter": lambda face: np.clip(face.astype(int) + 25, 0, 255).astype(np.uint8),
    "less contrast": lambda face: (face * 0.6 + 40).astype(np.uint8),
    "noise": lambda face: np.clip(
        face + np.random.default_rng(0).normal(0, 4, face.shape), 0, 255
    ).astype(np.uint8),
    "JPEG": lambda face: recompressed(face, 60),
    "one pixel aside": lambda face: np.pad(face, 1, mode="edge")[:-2, 2:],
    "enlarged by 4 %": lambda face: np.asarray(
        Image.fromarray(face).resize((48, 48), Image.Resampling.BICUBIC, box=(1, 1, 47, 47))
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_photograph_is_recognized_after(faces: np.ndarray, change: str) -> None:
    changed = np.stack([CHANGES[change](face) for face in faces])
    near = (bits_apart(faces, changed) <= HAMMING) & (
        pixel_distance(faces, changed) <= PIXEL_DISTANCE
    )
    assert near.mean() > 0.9, near.mean()


def test_different_faces_are_far_apart(faces: np.ndarray) -> None:
    i, j = np.triu_indices(len(faces), 1)
    assert pixel_distance(faces[i], faces[j]).min() > PIXEL_DISTANCE
    assert (
        np.bitwise_count(perceptual_hash(faces).bits[i] ^ perceptual_hash(faces).bits[j]) > HAMMING
    ).mean() > 0.99


def test_distance_is_zero_to_itself_and_symmetric(faces: np.ndarray) -> None:
    assert np.allclose(pixel_distance(faces, faces), 0, atol=1e-4)
    assert np.allclose(
        pixel_distance(faces[:30], faces[30:]), pixel_distance(faces[30:], faces[:30]), atol=1e-5
    )


def test_flat_images_are_never_near() -> None:
    flat = np.stack([np.full((48, 48), level, np.uint8) for level in (0, 100, 255)])
    assert (pixel_distance(flat, flat) == 1).all()


def test_a_whole_spectrum_has_unit_energy(faces: np.ndarray) -> None:
    spectra, energy = detail_spectra(faces)
    assert spectra.shape == (len(faces), 48, 25)
    assert np.allclose(energy, 1, atol=1e-5)
    assert detail_spectra(np.full((1, 48, 48), 9, np.uint8))[1][0] < 1


def test_comparable_brings_sizes_and_colors_together(faces: np.ndarray) -> None:
    large = np.stack(
        [
            np.asarray(
                Image.fromarray(face).resize((96, 96), Image.Resampling.BICUBIC).convert("RGB")
            )
            for face in faces
        ]
    )
    assert comparable(large).shape == faces.shape
    assert (pixel_distance(comparable(large), faces) < 0.05).all()
    assert comparable(faces) is not None
