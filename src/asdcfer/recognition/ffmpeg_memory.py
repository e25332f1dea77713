"""How much memory FFmpeg may ask for at once.

A video's index says how many pictures there are, and FFmpeg makes a table of as many rows before it
reads the first: a file of a few hundred bytes can ask for gigabytes. FFmpeg has a limit for that,
`av_max_alloc`, which PyAV does not pass on; so it is set in the library that PyAV brought.
"""

import ctypes
import re
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

LARGEST_BLOCK = 1 << 29
"""Bytes of the largest block, 512 MiB: an index of 20 million pictures, or a frame of 80 megapixels
in 16 bits. FFmpeg's own limit is 2 GiB, and an index takes several blocks.
"""
BYTES_A_PIXEL = 6
"""Of the largest frame that is decoded: three colors in 16 bits."""

_LOCK = threading.Lock()
_allowed = 0


def bound_ffmpeg(max_pixels: int = 0) -> bool:
    """Set the limit, for the whole process, and return whether that was possible.

    Args:
        max_pixels: of the largest frame that is asked for; the limit grows with it and never falls.

    Returns:
        False where PyAV's library is not found: then FFmpeg's own limit stands.

    Example:
        >>> bound_ffmpeg() in (True, False)
        True
    """
    global _allowed
    library = _libavutil()
    if library is None:
        return False
    with _LOCK:
        wanted = max(LARGEST_BLOCK, BYTES_A_PIXEL * max_pixels)
        if wanted > _allowed:
            library.av_max_alloc(ctypes.c_size_t(wanted))
            _allowed = wanted
    return True


@cache
def _libavutil() -> Any:
    """Return FFmpeg's library of basic functions as PyAV loaded it; None where it is not found."""
    import av

    for path in _candidates(Path(av.__file__).parent):
        try:
            library = ctypes.CDLL(path)
            library.av_max_alloc.argtypes = [ctypes.c_size_t]
            library.av_max_alloc.restype = None
        except (OSError, AttributeError):
            continue
        return library
    return None


def _candidates(package: Path) -> list[str]:
    """Return where the library may lie: what is loaded, else beside PyAV as its wheels put it."""
    if sys.platform == "linux":
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
        return sorted(set(re.findall(r"/\S*/(?:lib)?avutil\S*", maps)))
    folders = (package / ".dylibs", package.with_name("av.libs"), package)
    return [str(file) for folder in folders for file in folder.glob("*avutil*")]
