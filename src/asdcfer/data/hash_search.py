"""Find all pairs of 64-bit hashes that differ in few bits, without looking at every pair.

Two hashes that differ in at most 16 bits differ in few bits of at least one of their four 16-bit
bands: were it more than 3, 3, 3 and 4, they would differ in 17. So each band sorts the hashes into
65,536 buckets, and a bucket is compared only with those that are near it in that band. No pair is
missed and none is found twice; on hashes of faces about one pair in eight is looked at.

Source: the pigeonhole search of Norouzi, Punjani, Fleet, "Fast exact search in Hamming space with
multi-index hashing" (2014), here over buckets instead of single queries.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

BANDS, WIDTH = 4, 16
MOST_BITS = 23
"""Beyond so many differing bits the bands leave nearly nothing out."""
FEW_PAIRS = 25 * 10**9
"""Up to so many pairs looking at each is as fast."""
_BLOCK = 2**17
"""Pairs looked at at once: what they take stays in a processor's cache."""
_JOB = 2**31
"""Pairs of one job at least."""


class Found(NamedTuple):
    """Pairs of hashes that are near each other.

    Attributes:
        first, second: int64 (P,), rows; first < second inside one set.
        bits: uint8 (P,), in how many bits they differ.
    """

    first: np.ndarray
    second: np.ndarray
    bits: np.ndarray


Job = Callable[[], Iterator[Found]]
"""A part of a search; parts may run in any order, and beside each other."""


def search_jobs(first: np.ndarray, second: np.ndarray | None, hamming: int) -> list[Job]:
    """Return the parts of a search for all near pairs of hashes, by the faster of two ways.

    Args:
        first: uint64 (N,).
        second: uint64 (M,), or None for the pairs inside `first`, each once.
        hamming: largest number of differing bits, 0..64.

    Returns:
        Parts of about equal work; together they find every pair once.

    Example:
        >>> jobs = search_jobs(np.array([0, 7, 2**40], np.uint64), None, 2)
        >>> [(found.first.tolist(), found.second.tolist()) for job in jobs for found in job()]
        [([0], [2])]
    """
    pairs = len(first) * (len(first) // 2 if second is None else len(second))
    if pairs <= FEW_PAIRS or hamming > MOST_BITS:
        return all_pairs(first, second, hamming)
    return banded(first, second, hamming)


def all_pairs(first: np.ndarray, second: np.ndarray | None, hamming: int) -> list[Job]:
    """Return the parts of a search that looks at every pair; arguments as in `search_jobs`."""
    other = first if second is None else second
    width = min(max(len(other), 1), 2**13)
    height = max(1, _BLOCK // width)
    per_job = max(1, _JOB // (max(len(other), 1) * height)) * height

    def job(begin: int) -> Iterator[Found]:
        for top in range(begin, min(begin + per_job, len(first)), height):
            rows = first[top : min(top + height, begin + per_job)]
            for left in range(top if second is None else 0, len(other), width):
                i, j, bits = _near(rows, other[left : left + width], hamming)
                i, j = i + top, j + left
                if second is None:
                    later = j > i
                    i, j, bits = i[later], j[later], bits[later]
                if len(i):
                    yield Found(i, j, bits)

    return [_part(job, begin) for begin in range(0, len(first), per_job)]


def banded(first: np.ndarray, second: np.ndarray | None, hamming: int) -> list[Job]:
    """Return the parts of a search by bands; arguments as in `search_jobs`."""
    radii = band_radii(hamming)
    jobs: list[Job] = []
    for band, radius in enumerate(radii):
        if radius < 0:
            continue
        search = _BandSearch(first, second, hamming, band, radii)
        jobs += [_part(search.run, share) for share in search.shares()]
    return jobs


def band_radii(hamming: int) -> list[int]:
    """Return in how many bits each band may differ; -1 where a band need not be looked at.

    Their sum with one more for each band is `hamming` + 1, so hashes that differ in more bits of
    every band differ in more than `hamming` altogether.

    Example:
        >>> band_radii(16), band_radii(2)
        ([3, 3, 3, 4], [-1, 0, 0, 0])
    """
    whole, rest = divmod(hamming + 1, BANDS)
    return [whole - 1 + (band >= BANDS - rest) for band in range(BANDS)]


class _BandSearch:
    """The pairs that are near in one band, and in none of those before it."""

    def __init__(
        self,
        first: np.ndarray,
        second: np.ndarray | None,
        hamming: int,
        band: int,
        radii: list[int],
    ) -> None:
        self.alone, self.hamming, self.band, self.radii = second is None, hamming, band, radii
        self.left = _Buckets(first, band)
        self.right = self.left if second is None else _Buckets(second, band)
        everything = np.arange(2**WIDTH, dtype=np.int64)
        self.masks = everything[np.bitwise_count(everything) <= radii[band]]

    def shares(self) -> list[np.ndarray]:
        """Return the filled buckets in shares of about equal work."""
        filled = np.flatnonzero(self.left.sizes)
        near = np.array([self.right.sizes[bucket ^ self.masks].sum() for bucket in filled])
        work = np.cumsum(self.left.sizes[filled] * near + 2**15)
        count = int(max(1, min(64, len(filled), work[-1] // (_JOB // 8)))) if len(work) else 1
        ends = np.linspace(0, work[-1] if len(work) else 0, count + 1)[1:-1]
        return [s for s in np.split(filled, np.searchsorted(work, ends)) if len(s)]

    def run(self, buckets: np.ndarray) -> Iterator[Found]:
        """Yield the pairs of the hashes in some buckets with those in the buckets near them."""
        kept: list[Found] = []
        waiting = 0
        for bucket in buckets.tolist():
            near = bucket ^ self.masks
            places = self.right.places(near[near >= bucket] if self.alone else near)
            for found in self._compared(bucket, places):
                kept.append(found)
                waiting += len(found.first)
                if waiting >= _BLOCK:
                    yield _joined(kept)
                    kept, waiting = [], 0
        if kept:
            yield _joined(kept)

    def _compared(self, bucket: int, places: np.ndarray) -> Iterator[Found]:
        left, right = self.left, self.right
        begin, end = left.starts[bucket], left.starts[bucket + 1]
        codes, rows = right.codes[places], right.order[places]
        width = min(max(len(places), 1), 2**15)
        height = max(1, _BLOCK // width)
        for top in range(begin, end, height):
            block = slice(top, min(top + height, end))
            for at in range(0, len(places), width):
                i, j, bits = _near(left.codes[block], codes[at : at + width], self.hamming)
                if len(i) == 0:
                    continue
                one, two = left.codes[block][i], codes[at : at + width][j]
                new = self._not_before(one, two)
                i = left.order[block][i].astype(np.int64)
                j = rows[at : at + width][j].astype(np.int64)
                if self.alone:
                    # Inside one bucket each pair comes twice, and each hash with itself.
                    new &= (_band(one, self.band) != _band(two, self.band)) | (i < j)
                    i, j = np.minimum(i, j), np.maximum(i, j)
                if new.any():
                    yield Found(i[new], j[new], bits[new])

    def _not_before(self, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        new = np.ones(len(one), bool)
        for band in range(self.band):
            apart = np.bitwise_count(_band(one, band) ^ _band(two, band))
            new &= apart.astype(np.int64) > self.radii[band]
        return new


class _Buckets:
    """Hashes sorted by one of their bands."""

    def __init__(self, hashes: np.ndarray, band: int) -> None:
        values = _band(hashes, band)
        # Rows in four bytes: four bands of a million hashes wait for their turn.
        kind = np.uint32 if len(hashes) < 2**32 else np.int64
        self.order = np.argsort(values, kind="stable").astype(kind)
        self.codes = hashes[self.order]
        self.sizes = np.bincount(values, minlength=2**WIDTH)
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)])

    def places(self, buckets: np.ndarray) -> np.ndarray:
        """Return the places, in the sorted order, of all hashes in some buckets."""
        sizes = self.sizes[buckets]
        buckets, sizes = buckets[sizes > 0], sizes[sizes > 0]
        ends = np.cumsum(sizes)
        total = int(ends[-1]) if len(ends) else 0
        return np.repeat(self.starts[buckets] - (ends - sizes), sizes) + np.arange(total)


def _band(hashes: np.ndarray, band: int) -> np.ndarray:
    return (hashes >> np.uint64(WIDTH * band)).astype(np.uint16)


def _near(
    rows: np.ndarray, columns: np.ndarray, hamming: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    bits = np.bitwise_count(rows[:, None] ^ columns[None])
    at = np.flatnonzero(bits <= hamming)
    i, j = np.divmod(at, max(len(columns), 1))
    return i, j, bits.reshape(-1)[at]


def _joined(found: list[Found]) -> Found:
    return Found(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _part(run: Callable[..., Iterator[Found]], share: object) -> Job:
    return lambda: run(share)
