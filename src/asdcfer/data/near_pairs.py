"""Find the near duplicates of photographs: hashes choose, a bound rules out, pixels decide."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from asdcfer.data.detail_sketch import SLACK, DetailSketches, least_distance, sketch_detail
from asdcfer.data.hash_search import Found, Job, search_jobs
from asdcfer.data.perceptual_hash import (
    HAMMING,
    LOW_COSINE,
    PIXEL_DISTANCE,
    Faces,
    Hashes,
    low_frequencies,
    pixel_distance,
)

A = TypeVar("A")
R = TypeVar("R")
_PART = 2**15
"""Pairs compared at once."""
_SKETCHED = 2**13
"""Images sketched by one thread at a time."""
_HALF = 0.002
"""What half precision may change in a cosine, with room to spare."""


class NearPairs(NamedTuple):
    """Pairs of near duplicates, ordered by rows.

    Attributes:
        first, second: int64 (P,), rows.
        bits: int64 (P,), differing bits of the hashes.
        distance: float32 (P,), of the pixels.
    """

    first: np.ndarray
    second: np.ndarray
    bits: np.ndarray
    distance: np.ndarray

    @classmethod
    def ordered(cls, parts: Sequence["NearPairs"]) -> "NearPairs":
        """Return the pairs of all parts, ordered by rows."""
        if not parts:
            nothing = np.empty(0, np.int64)
            return cls(nothing, nothing, nothing, np.empty(0, np.float32))
        pairs = cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        order = np.lexsort((pairs.second, pairs.first))
        return cls(*(column[order] for column in pairs))


def near_pairs(
    images: Faces,
    hashes: Hashes,
    first: np.ndarray,
    second: np.ndarray | None,
    hamming: int = HAMMING,
    distance: float = PIXEL_DISTANCE,
    progress: Callable[[float], None] | None = None,
    elsewhere: "Elsewhere | None" = None,
) -> NearPairs:
    """Return the near duplicates between two sets of rows, or inside one.

    No pair is missed: hashes are searched exactly, and what is ruled out without a look at the
    pixels is further apart than `distance`. All cores work.

    Args:
        images: uint8 (N,48,48).
        hashes: of the N images.
        first: rows to compare.
        second: with these; None for the pairs inside `first`.
        hamming: most bits in which the hashes may differ.
        distance: largest distance of the pixels.
        progress: called with the fraction done.
        elsewhere: does the parts of the search; None does them in threads of this process.

    Returns:
        The pairs; inside `first` the earlier of the two in `first` comes first.

    Example:
        >>> from asdcfer.data.perceptual_hash import perceptual_hash
        >>> face = np.random.default_rng(0).integers(0, 200, (1, 48, 48)).astype(np.uint8)
        >>> faces = np.concatenate([face, face[:, ::-1], face + 9])
        >>> pairs = near_pairs(faces, perceptual_hash(faces), np.arange(3), None)
        >>> pairs.first.tolist(), pairs.second.tolist()
        ([0], [2])
    """
    search = NearSearch(images, hashes, first, second, hamming, distance)
    parts = elsewhere(search) if elsewhere else search.here()
    kept: list[NearPairs] = []
    for done, found in enumerate(parts, 1):
        kept.append(found)
        if progress:
            progress(done / len(search))
    return NearPairs.ordered(kept)


class NearSearch:
    """A search for near pairs in parts, which are the same wherever they are made.

    Args:
        images: as in `near_pairs`, and so are the others.

    Attributes:
        first: rows to compare.
        hashes: of all images.
    """

    def __init__(
        self,
        images: Faces,
        hashes: Hashes,
        first: np.ndarray,
        second: np.ndarray | None,
        hamming: int,
        distance: float,
    ) -> None:
        self.first, self.hashes = first, hashes
        other = None if second is None else hashes.bits[second]
        self._jobs = search_jobs(hashes.bits[first], other, hamming)
        self._given = images, hashes, first, second, distance

    def __len__(self) -> int:
        return len(self._jobs)

    @cached_property
    def _comparison(self) -> "_Comparison":
        return _Comparison(*self._given)

    def part(self, number: int) -> NearPairs:
        """Return the near pairs that a part of the search finds."""
        return NearPairs.ordered(self._comparison.run(self._jobs[number]))

    def here(self) -> Iterator[NearPairs]:
        """Yield what all parts find, in threads of this process."""
        # Once, before the threads ask for it.
        _ = self._comparison
        return _in_order(self.part, range(len(self)))


Elsewhere = Callable[[NearSearch], Iterable[NearPairs]]
"""Does all parts of a search, in any place and order."""


def thin_crowds(
    images: Faces, hashes: Hashes, rows: np.ndarray, largest: int, distance: float
) -> tuple[np.ndarray, NearPairs]:
    """Let one picture stand for its many near duplicates of the very same hash.

    Of the pictures that share one hash, where they are more than `largest`, the first takes up all
    that are near it, the next of those left does the same, and so on. A search over the rows that
    are left then does not compare each of a crowd with each.

    Args:
        images: uint8 (N,48,48).
        hashes: of the N images.
        rows: int64 (R,), in ascending order.
        largest: so many pictures of one hash are no crowd.
        distance: largest distance of the pixels.

    Returns:
        The rows left, and the pairs of those that stand for others with the others.
    """
    _, numbers, counts = np.unique(hashes.bits[rows], return_inverse=True, return_counts=True)
    crowded = np.flatnonzero(counts[numbers] > largest)
    crowded = crowded[np.argsort(numbers[crowded], kind="stable")]
    starts = np.flatnonzero(np.diff(numbers[crowded])) + 1
    gone = np.zeros(len(rows), bool)
    kept: list[NearPairs] = []
    for crowd in np.split(crowded, starts) if len(crowded) else []:
        comparison = _Comparison(images, hashes, rows[crowd], None, distance)
        gone[crowd] = comparison.near_none()
        places = np.flatnonzero(~gone[crowd])
        # Pictures that fall into more groups than that are searched like all others.
        for _ in range(largest):
            near, taken = comparison.near_first(places)
            gone[crowd[taken]] = True
            kept += [near] if len(near.first) else []
            places = places[1:][~np.isin(places[1:], taken)]
            if len(places) < 2:
                break
    return rows[~gone], NearPairs.ordered(kept)


class _Comparison:
    """Two sets of rows, or one twice, with all that a pair of them is judged by."""

    def __init__(
        self,
        images: Faces,
        hashes: Hashes,
        first: np.ndarray,
        second: np.ndarray | None,
        distance: float,
    ) -> None:
        self.images, self.distance = images, distance
        self.first, self.second = first, first if second is None else second
        self.low = hashes.low
        self.left_detail = self._sketched(first)
        self.right_detail = self.left_detail if second is None else self._sketched(second)

    def _sketched(self, rows: np.ndarray) -> DetailSketches:
        made = DetailSketches.empty(len(rows))
        starts = range(0, len(rows), _SKETCHED)
        parts = (rows[at : at + _SKETCHED] for at in starts)
        sketched = _in_order(lambda part: sketch_detail(self.images, part), parts)
        for at, part in zip(starts, sketched, strict=True):
            made.put(at, part)
        return made

    def run(self, job: Job) -> list[NearPairs]:
        """Return the near pairs that a part of the search finds."""
        kept = []
        for found in job():
            for at in range(0, len(found.first), _PART):
                near, _ = self._near(Found(*(column[at : at + _PART] for column in found)))
                if len(near.first):
                    kept.append(near)
        return kept

    def near_none(self) -> np.ndarray:
        """Return which pictures are so flat that none is near them, bool (N,)."""
        flat: np.ndarray = self.left_detail.most_length() + SLACK < 1 - self.distance
        return flat

    def near_first(self, places: np.ndarray) -> tuple[NearPairs, np.ndarray]:
        """Return the pairs of the first of some places with those near it, and these places."""
        one = np.repeat(places[:1], len(places) - 1)
        return self._near(Found(one, places[1:], np.zeros(len(one), np.uint8)))

    def _cosine(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Return how alike the low frequencies of pairs are, to half precision, float32 (P,)."""
        one, two = self.low[self.first[i]], self.low[self.second[j]]
        found: np.ndarray = np.einsum("nd,nd->n", one.astype(np.float32), two.astype(np.float32))
        return found

    def _near(self, found: Found) -> tuple[NearPairs, np.ndarray]:
        i, j, bits = found
        cosine = self._cosine(i, j)
        alike = cosine >= LOW_COSINE - _HALF
        i, j, bits, cosine = i[alike], j[alike], bits[alike], cosine[alike]
        possible = least_distance(self.left_detail, i, self.right_detail, j) <= self.distance
        i, j, bits, cosine = i[possible], j[possible], bits[possible], cosine[possible]
        a, b = self.first[i], self.second[j]
        one, two = self.images[a], self.images[b]
        apart = pixel_distance(one, two)
        near = apart <= self.distance
        doubtful = near & (cosine < LOW_COSINE + _HALF)
        if doubtful.any():
            low, other = low_frequencies(one[doubtful]), low_frequencies(two[doubtful])
            near[doubtful] = np.einsum("nd,nd->n", low, other) >= LOW_COSINE
        pairs = NearPairs(a[near], b[near], bits[near].astype(np.int64), apart[near])
        return pairs, j[near]


def _workers() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_order(function: Callable[[A], R], parts: Iterable[A]) -> Iterator[R]:
    """Yield the results for some parts in their order, made in one thread a core."""
    workers = _workers()
    waiting: deque[Future[R]] = deque()
    # One thread of BLAS in each thread here: several would only wait for each other.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        for part in parts:
            waiting.append(pool.submit(function, part))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
