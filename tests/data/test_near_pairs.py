"""Near pairs against the slow search: the same pairs, with the same distances."""

import numpy as np
import pytest

from asdcfer.data import hash_search
from asdcfer.data.near_pairs import near_pairs, thin_crowds
from asdcfer.data.perceptual_hash import (
    HAMMING,
    LOW_COSINE,
    PIXEL_DISTANCE,
    Hashes,
    low_frequencies,
    perceptual_hash,
    pixel_distance,
)
from asdcfer.data.sample import sample_pack


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Faces, and for each three changed copies: brighter, aside, and with so much noise that some
    are near and some are not.
    """
    faces = np.asarray(sample_pack().images[:40])
    noise = (
        np.random.default_rng(0).normal(0, 1, faces.shape) * np.linspace(5, 40, 40)[:, None, None]
    )
    noisy = np.clip(faces + noise, 0, 255).astype(np.uint8)
    brighter = np.clip(faces.astype(int) + 25, 0, 255).astype(np.uint8)
    return np.concatenate([faces, brighter, np.roll(faces, 2, 2), noisy])


def by_hand(
    images: np.ndarray, hashes: Hashes, i: np.ndarray, j: np.ndarray
) -> dict[tuple[int, int], tuple[int, float]]:
    bits = np.bitwise_count(hashes.bits[i] ^ hashes.bits[j])
    distance = pixel_distance(images[i], images[j])
    low = low_frequencies(images)
    alike = (low[i] * low[j]).sum(1) >= LOW_COSINE
    near = (bits <= HAMMING) & alike & (distance <= PIXEL_DISTANCE)
    return {
        (int(a), int(b)): (int(c), round(float(d), 5))
        for a, b, c, d in zip(i[near], j[near], bits[near], distance[near], strict=True)
    }


def as_table(pairs) -> dict[tuple[int, int], tuple[int, float]]:
    return {
        (int(a), int(b)): (int(c), round(float(d), 5)) for a, b, c, d in zip(*pairs, strict=True)
    }


@pytest.mark.slow
@pytest.mark.parametrize("by_bands", [False, True])
def test_the_pairs_are_those_of_the_slow_search(images, by_bands, monkeypatch) -> None:
    if by_bands:
        monkeypatch.setattr(hash_search, "FEW_PAIRS", 0)
    hashes = perceptual_hash(images)
    seen: list[float] = []
    pairs = near_pairs(images, hashes, np.arange(160), None, progress=seen.append)
    wanted = by_hand(images, hashes, *np.triu_indices(160, 1))
    assert as_table(pairs) == wanted
    assert 60 < len(wanted) < 240
    assert seen[-1] == 1
    assert (np.diff(pairs.first * 160 + pairs.second) > 0).all()
    left, right = np.arange(0, 160, 2), np.arange(1, 160, 2)
    across = near_pairs(images, hashes, left, right)
    assert as_table(across) == by_hand(images, hashes, np.repeat(left, 80), np.tile(right, 80))


def test_nothing_gives_nothing(images: np.ndarray) -> None:
    none = near_pairs(images, perceptual_hash(images), np.empty(0, np.int64), None)
    assert [len(column) for column in none] == [0, 0, 0, 0]


def test_one_picture_stands_for_a_crowd_of_the_same_hash(images: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    # 30 copies of one face and 25 of another, each different in one pixel, under one hash that
    # the two are given; flat pictures, which are near none.
    crowd = np.repeat(images[[3, 8]], (30, 25), axis=0)
    crowd[np.arange(55), 20, rng.permutation(48 * 2)[:55] % 48] ^= 1
    flat = np.full((40, 48, 48), 7, np.uint8)
    everything = np.concatenate([images[10:20], crowd, flat])
    hashes = perceptual_hash(everything)
    hashes.bits[10:65] = hashes.bits[10]
    left, pairs = thin_crowds(everything, hashes, np.arange(105), 20, PIXEL_DISTANCE)
    assert left.tolist() == [*range(10), 10, 40]
    assert pairs.first.tolist() == [10] * 29 + [40] * 24
    assert pairs.second.tolist() == [*range(11, 40), *range(41, 65)]
    whole, none = thin_crowds(everything[:65], hashes, np.arange(65), 60, PIXEL_DISTANCE)
    assert len(whole) == 65
    assert len(none.first) == 0


@pytest.mark.slow
def test_a_cosine_at_the_limit_is_decided_in_single_precision(monkeypatch) -> None:
    """Half precision chooses, single precision decides: both sides of the limit are there."""
    faces = np.asarray(sample_pack().images[:200])
    low = low_frequencies(faces).astype(np.float64)
    cosines = np.sort((low @ low.T)[np.triu_indices(200, 1)])
    hashes = perceptual_hash(faces)
    for limit in cosines[[3000, 9000, 15000]] + 1e-5:
        monkeypatch.setattr("asdcfer.data.near_pairs.LOW_COSINE", limit)
        pairs = near_pairs(faces, hashes, np.arange(200), None, hamming=64, distance=2.0)
        assert len(pairs.first) == (cosines >= limit).sum()
