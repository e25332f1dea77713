"""The search for near hashes against the plainest one: every pair, once, whatever the hashes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.data import hash_search
from asdcfer.data.hash_search import Job, all_pairs, band_radii, banded, search_jobs


def found(jobs: list[Job]) -> list[tuple[int, int, int]]:
    return sorted(
        (int(i), int(j), int(b))
        for job in jobs
        for part in job()
        for i, j, b in zip(part.first, part.second, part.bits, strict=True)
    )


def by_hand(first: np.ndarray, second: np.ndarray | None, hamming: int) -> list[tuple[int, ...]]:
    other = first if second is None else second
    return [
        (i, j, (a ^ b).bit_count())
        for i, a in enumerate(first.tolist())
        for j, b in enumerate(other.tolist())
        if (second is not None or i < j) and (a ^ b).bit_count() <= hamming
    ]


def clustered(seed: int, count: int) -> np.ndarray:
    """Hashes of which many are near others, and some are equal."""
    rng = np.random.default_rng(seed)
    centers = rng.integers(0, 2**64, max(1, count // 8), dtype=np.uint64)
    flips = np.packbits(rng.random((count, 64)) < rng.uniform(0, 0.2), axis=1)
    return rng.choice(centers, count) ^ flips.view(np.uint64).ravel()


@pytest.mark.slow
@pytest.mark.parametrize("search", [all_pairs, banded, search_jobs])
@given(seed=st.integers(0, 2**32), count=st.integers(0, 120), hamming=st.integers(0, 20))
@settings(max_examples=25, deadline=None)
def test_every_near_pair_is_found_once(search, seed, count, hamming) -> None:
    codes = clustered(seed, count)
    assert found(search(codes, None, hamming)) == by_hand(codes, None, hamming)
    first, second = codes[: count // 3], codes[count // 3 :]
    assert found(search(first, second, hamming)) == by_hand(first, second, hamming)


@given(hamming=st.integers(0, 64))
def test_hashes_far_in_every_band_are_far_altogether(hamming: int) -> None:
    radii = band_radii(hamming)
    assert sum(radius + 1 for radius in radii) == hamming + 1
    assert max(radii) - min(radii) <= 1


@pytest.mark.parametrize("search", [all_pairs, banded])
def test_blocks_and_parts_lose_nothing_at_their_edges(search, monkeypatch) -> None:
    monkeypatch.setattr(hash_search, "_BLOCK", 64)
    monkeypatch.setattr(hash_search, "_JOB", 256)
    codes = clustered(3, 150)
    jobs = search(codes, None, 12)
    assert len(jobs) > 1
    assert found(jobs) == by_hand(codes, None, 12)
    assert found(search(codes[:40], codes[40:], 12)) == by_hand(codes[:40], codes[40:], 12)


def test_the_bands_are_used_where_they_pay(monkeypatch) -> None:
    used: list[str] = []
    monkeypatch.setattr(hash_search, "banded", lambda *_: used.append("bands") or [])
    monkeypatch.setattr(hash_search, "all_pairs", lambda *_: used.append("all") or [])
    many = np.zeros(300_000, np.uint64)
    for codes, hamming in ((many[:1000], 16), (many, 16), (many, 40)):
        search_jobs(codes, None, hamming)
    assert used == ["all", "bands", "all"]


def test_many_equal_hashes_are_all_pairs_of_each_other() -> None:
    equal = np.full(300, 12345, np.uint64)
    assert len(found(banded(equal, None, 16))) == 300 * 299 // 2
