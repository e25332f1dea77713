"""The search for near duplicates among many faces, on the workers of an engine."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.comparable_faces import ComparableFaces
from asdcfer.data.near_pairs import Elsewhere, NearPairs, NearSearch
from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.perceptual_hash import Hashes
from asdcfer.engines.engine import Engine
from asdcfer.engines.messages import message_of, parts_of, path_of_workers
from asdcfer.engines.ray_engine import ray_results
from asdcfer.errors import AsdcferError


def searcher_of(packs: Sequence[Pack], hamming: int, distance: float, engine: Engine) -> Elsewhere:
    """Return what does the parts of a search on the workers of an engine.

    Args:
        packs: whose faces are compared; each worker opens them under the same paths.
        hamming: most differing bits of the hashes.
        distance: largest distance of the pixels.
        engine: where.
    """

    def search(parts: NearSearch) -> Iterator[NearPairs]:
        paths = [path_of_workers(pack.path) for pack in packs]
        known = [pack.info["hashes"] for pack in packs]
        work = SearchWork(paths, known, parts.hashes, parts.first, hamming, distance)
        pieces = ([number, len(parts)] for number in range(len(parts)))
        for answer in ray_results(work, pieces, engine):
            _, columns = parts_of(answer)
            first, second, bits = columns[:3].astype(np.int64)
            yield NearPairs(first, second, bits, columns[3].astype(np.float32))

    return search


class SearchWork:
    """What a worker is sent: where the packs are. It opens them when it is called.

    Args:
        paths: of the packs.
        known: the hashes of their files.
        hashes: of all their faces.
        rows: int64 (R,), the faces to compare, counted through the packs.
        hamming: most differing bits of the hashes.
        distance: largest distance of the pixels.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        known: Sequence[Any],
        hashes: Hashes,
        rows: np.ndarray,
        hamming: int,
        distance: float,
    ) -> None:
        self.paths, self.known, self.hashes, self.rows = paths, known, hashes, rows
        self.hamming, self.distance = hamming, distance

    def __call__(self) -> Callable[[Sequence[Any]], bytes]:
        """Return what turns the number of a part into its pairs.

        Raises:
            AsdcferError: this machine has other faces at the paths.
        """
        packs = [load_pack(path, verify=False) for path in self.paths]
        for pack, hashes in zip(packs, self.known, strict=True):
            if pack.info["hashes"] != hashes:
                raise AsdcferError(f"a worker has other faces at {pack.path}")
        images = ComparableFaces(packs)
        search = NearSearch(images, self.hashes, self.rows, None, self.hamming, self.distance)

        def work(piece: Sequence[Any]) -> bytes:
            number, count = piece
            if count != len(search):
                raise AsdcferError("a worker divides the search otherwise")
            # Whole numbers to 2**53 and float32 are exact in float64.
            return message_of({}, np.stack([*map(np.float64, search.part(number))]))

        return work
