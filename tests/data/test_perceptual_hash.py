"""The perceptual hash and the pixel distance against slow forms, and what they must and must not
notice.
"""

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.perceptual_hash import (
    HAMMING,
    PIXEL_DISTANCE,
    Hashes,
    candidates,
    comparable,
    near_pairs,
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


def test_candidates_misses_none_and_gives_each_pair_once() -> None:
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**64, 300, dtype=np.uint64)
    bits[200:] = bits[:100] ^ (np.uint64(1) << rng.integers(0, 64, 100, dtype=np.uint64))
    hashes = Hashes(bits, np.ones((300, 64), np.float32) / 8)
    found = {
        (int(i), int(j)): int(b)
        for a, c, d, _ in candidates(hashes, None, 20)
        for i, j, b in zip(a, c, d, strict=True)
    }
    brute = {
        (i, j): (int(bits[i]) ^ int(bits[j])).bit_count()
        for i in range(300)
        for j in range(i + 1, 300)
    }
    assert found == {pair: count for pair, count in brute.items() if count <= 20}
    assert len(found) >= 100
    left, right = hashes[np.arange(100)], hashes[np.arange(100, 300)]
    across = {
        (int(i), int(j) + 100)
        for a, c, _, _ in candidates(left, right, 20)
        for i, j in zip(a, c, strict=True)
    }
    assert across == {(i, j) for i, j in found if i < 100 <= j}


def test_near_pairs_reports_progress_and_nothing_for_nothing(faces: np.ndarray) -> None:
    seen: list[float] = []
    both = np.concatenate([faces, CHANGES["brighter"](faces)])
    first, second, bits, apart = near_pairs(
        both, perceptual_hash(both), np.arange(len(both)), None, progress=seen.append
    )
    assert set(zip(first.tolist(), second.tolist(), strict=True)) >= {
        (i, i + 60) for i in range(60) if bits_apart(both[i : i + 1], both[i + 60 : i + 61])[0] < 8
    }
    assert (bits <= HAMMING).all()
    assert (apart <= PIXEL_DISTANCE).all()
    assert seen[-1] == 1
    none = near_pairs(both, perceptual_hash(both), np.empty(0, np.int64), None)
    assert [len(column) for column in none] == [0, 0, 0, 0]


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
