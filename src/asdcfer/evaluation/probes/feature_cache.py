"""Cache of features: files named by the hash of all that they depend on, in a bounded folder.

What was used longest ago goes first.
"""

import contextlib
import math
import os
import time
from pathlib import Path

import numpy as np

from asdcfer.errors import AsdcferError
from asdcfer.files import atomic_write

GIGABYTES = 5.0
"""Size of the cache where `$ASDCFER_CACHE_GB` does not say another."""

ABANDONED = 24 * 3600
"""Seconds after which the temporary file of a process that was killed is nobody's any more."""


def cache_folder() -> Path | None:
    """Return the folder of features, or None for a user without a home, who keeps none.

    It is `$ASDCFER_CACHE`, or `asdcfer` in the user's cache folder.
    """
    chosen = os.environ.get("ASDCFER_CACHE")
    if chosen:
        return Path(chosen)
    shared = os.environ.get("XDG_CACHE_HOME")
    try:
        return Path(shared or Path.home() / ".cache") / "asdcfer"
    except RuntimeError:  # a container's user id of which the system knows nothing
        return None


def cache_limit() -> int:
    """Return how many bytes the cache may hold: `$ASDCFER_CACHE_GB` gigabytes, 5 by default.

    0 keeps nothing.

    Raises:
        AsdcferError: the variable holds no such number.
    """
    given = os.environ.get("ASDCFER_CACHE_GB") or GIGABYTES
    try:
        gigabytes = float(given)
    except ValueError:
        gigabytes = math.nan
    if not 0 <= gigabytes < math.inf:
        raise AsdcferError(
            f"ASDCFER_CACHE_GB={given}: expected a number of gigabytes, 0 to keep no features"
        )
    return int(gigabytes * 1e9)


def read_cached(path: Path, count: int, dim: int) -> np.ndarray | None:
    """Return cached features, memory-mapped; None where there are none.

    A file that is not what it should be counts as none: it is then made again.

    Args:
        path: of the file; its time is set to now, by which `keep` knows what is in use.
        count: rows that are expected.
        dim: numbers in each.
    """
    try:
        found: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    if found.shape != (count, dim) or found.dtype != np.float32:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return found


def keep(path: Path, feature: np.ndarray, limit: int) -> None:
    """Write features into the cache, and remove the oldest until it holds at most `limit` bytes.

    Features that cannot be written, or are larger than the limit, are not kept: that costs time
    when they are wanted again, and nothing else.
    """
    if feature.nbytes > limit:
        return
    try:
        with atomic_write(path) as temporary:
            np.save(temporary, feature, allow_pickle=False)
    except AsdcferError:
        return
    found = []
    for file in path.parent.iterdir():
        # Another process may remove the same file, or use it: where the system refuses to, it
        # stays.
        with contextlib.suppress(OSError):
            about = file.stat()
            if not file.name.startswith("."):
                found.append((file != path, about.st_mtime_ns, about.st_size, file))
            elif time.time() - about.st_mtime > ABANDONED:
                file.unlink()
    total = sum(size for _, _, size, _ in found)
    for other, _, size, file in sorted(found, key=lambda entry: entry[1]):
        if total <= limit:
            break
        if other:
            with contextlib.suppress(OSError):
                file.unlink()
                total -= size
