"""Find images that are there twice: exact and near duplicates inside and across splits and packs.

FER-2013 was gathered by image search and holds about 1,850 exact copies and as many near ones, some
across splits and some with different labels. A test image with a twin in training measures memory;
`near_duplicates` finds those for the probes.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from asdcfer.data.comparable_faces import ComparableFaces, images_read
from asdcfer.data.near_pairs import Elsewhere, near_pairs, thin_crowds
from asdcfer.data.pack import Pack
from asdcfer.data.perceptual_hash import HAMMING, PIXEL_DISTANCE, perceptual_hash

LARGEST_GROUP = 100
"""Groups of identical images beyond this size are written as pairs with their first image only: all
pairs would be a flood.
"""


@dataclass(frozen=True)
class Pairs:
    """Duplicates over the rows of several packs, one after the other.

    Attributes:
        first, second: int64 (P,), global rows, first < second.
        exact: bool (P,), the same pixels.
        hamming: int64 (P,), differing bits of the hash, 0..64.
        distance: float32 (P,), see `perceptual_hash.pixel_distance`; 0 for exact pairs.
    """

    first: np.ndarray
    second: np.ndarray
    exact: np.ndarray
    hamming: np.ndarray
    distance: np.ndarray

    def __len__(self) -> int:
        return len(self.first)


def find_duplicates(
    packs: Sequence[Pack],
    hamming: int = HAMMING,
    distance: float = PIXEL_DISTANCE,
    progress: Callable[[float], None] | None = None,
    elsewhere: Elsewhere | None = None,
) -> Pairs:
    """Find all exact and near duplicates inside and across packs.

    Args:
        packs: of any sizes, gray or color.
        hamming: largest number of differing hash bits of near duplicates, 0..64.
        distance: largest pixel distance of near duplicates.
        progress: called with the fraction done.
        elsewhere: does the parts of the search for near ones; see `near_pairs`.

    Returns:
        Pairs, ordered by rows. Rows count through the packs in the order given.

    Example:
        >>> import tempfile
        >>> from asdcfer.data.pack import load_pack
        >>> from asdcfer.data.pack_writing import PackItem, write_pack
        >>> images = np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)
        >>> faces = [PackItem(image, f"row {i}") for i, image in enumerate([*images, images[1]])]
        >>> path = tempfile.mkdtemp() + "/mine"
        >>> pack = load_pack(write_pack(path, faces, expressions=[], source={"name": "mine"}))
        >>> pairs = find_duplicates([pack])
        >>> pairs.first.tolist(), pairs.second.tolist(), pairs.exact.tolist()
        ([1], [3], [True])
    """
    groups = _groups(packs)
    images = ComparableFaces(packs)
    hashes = perceptual_hash(images)
    leaders, sizes = np.unique(groups, return_counts=True)
    kept, crowded = thin_crowds(images, hashes, leaders, LARGEST_GROUP, distance)
    near = near_pairs(images, hashes, kept, None, hamming, distance, progress, elsewhere)
    order = np.argsort(groups, kind="stable")
    starts = np.cumsum(sizes) - sizes

    rows: list[_Rows] = []
    for begin, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        group = order[begin : begin + size]
        a, b = (
            np.triu_indices(size, 1)
            if size <= LARGEST_GROUP
            else (np.zeros(size - 1, int), np.arange(1, size))
        )
        rows.append((group[a], group[b], True, 0, 0.0))
    singles = []
    for pairs in (crowded, near):
        i, j = np.searchsorted(leaders, pairs.first), np.searchsorted(leaders, pairs.second)
        alone = (sizes[i] == 1) & (sizes[j] == 1)
        singles.append(
            Pairs(
                pairs.first[alone],
                pairs.second[alone],
                np.zeros(alone.sum(), bool),
                pairs.bits[alone],
                pairs.distance[alone],
            )
        )
        for k in np.flatnonzero(~alone).tolist():
            left, right = (order[starts[g] : starts[g] + sizes[g]] for g in (i[k], j[k]))
            if len(left) * len(right) > LARGEST_GROUP**2:
                left, right = left[:1], right[:1]
            many = np.repeat(left, len(right)), np.tile(right, len(left))
            rows.append((*many, False, int(pairs.bits[k]), float(pairs.distance[k])))
    return _ordered([_collect(rows), *singles])


def near_duplicates(
    pack: Pack,
    train_split: str = "train",
    test_split: str = "private",
    progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Return the rows of the test images that have an exact or near duplicate in training.

    Args:
        pack: the pack.
        train_split: split that was learnt from.
        test_split: split that is measured.
        progress: called with the fraction done.

    Returns:
        int64 (T,), rows of the pack in ascending order, all in `test_split`.

    Raises:
        DataError: the pack has no such split.

    Example:
        >>> from asdcfer.data.sample import sample_pack
        >>> near_duplicates(sample_pack(), "train", "private").size
        0
    """
    train, test = pack.rows(train_split), pack.rows(test_split)
    chosen = np.concatenate([test, train])
    images = ComparableFaces([pack], chosen)
    seen = {_digest(pack.images[row]) for row in train}
    exact = np.array([_digest(pack.images[row]) in seen for row in test], bool)
    left = np.flatnonzero(~exact)
    near, *_ = near_pairs(
        images, perceptual_hash(images), left, np.arange(len(test), len(chosen)), progress=progress
    )
    exact[near] = True
    twins: np.ndarray = test[exact]
    return twins


def _digest(image: np.ndarray) -> bytes:
    return hashlib.blake2b(
        np.ascontiguousarray(image).data, digest_size=16, person=repr(image.shape).encode()[:16]
    ).digest()


def _groups(packs: Sequence[Pack]) -> np.ndarray:
    """For each global row the first row with the same pixels."""
    parts = [
        np.frombuffer(b"".join(map(_digest, images[at : at + _READ])), _DIGEST)
        for images in map(images_read, packs)
        for at in range(0, len(images), _READ)
    ]
    digests = np.concatenate(parts) if parts else np.empty(0, _DIGEST)
    # Stable: of equal ones the first row comes first.
    order = np.lexsort((digests["low"], digests["high"]))
    new = np.ones(len(order), bool)
    new[1:] = digests[order[1:]] != digests[order[:-1]]
    groups = np.empty(len(order), np.int64)
    groups[order] = order[np.flatnonzero(new)[np.cumsum(new) - 1]]
    return groups


_DIGEST = np.dtype([("high", np.uint64), ("low", np.uint64)])
_READ = 2048
"""Images read at once."""


_Rows = tuple[np.ndarray, np.ndarray, bool, int, float]


def _collect(rows: list[_Rows]) -> Pairs:
    if not rows:
        none = np.empty(0, np.int64)
        return Pairs(none, none, np.empty(0, bool), none, np.empty(0, np.float32))
    sizes = [len(row[0]) for row in rows]
    a, b = np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows])
    exact, bits, apart = (np.repeat([row[k] for row in rows], sizes) for k in (2, 3, 4))
    return Pairs(
        np.minimum(a, b),
        np.maximum(a, b),
        exact,
        bits.astype(np.int64),
        apart.astype(np.float32),
    )


def _ordered(parts: list[Pairs]) -> Pairs:
    columns = [
        np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Pairs)
    ]
    order = np.lexsort((columns[1], columns[0]))
    return Pairs(*(column[order] for column in columns))
