"""Lenient decoding: Pillow's warnings and limit are set aside, damaged metadata is passed over."""

import contextlib
import threading
import warnings
from collections.abc import Iterator

from PIL import Image

PILLOWS_LIMIT = 178_956_970
"""Pillow opens no larger picture, unless it is told to; it is where more is asked for."""


class Lenient:
    """Ignore warnings while any thread decodes, and lift Pillow's limit where more was asked for.

    Pillow warns of large pictures and odd metadata, and refuses the largest; our own limit decides,
    before a pixel is decoded. Threads that each used `warnings.catch_warnings` would restore each
    other's filters in the wrong order, and leave all warnings of the process ignored.
    """

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        self._caught = warnings.catch_warnings()
        self._limit = Image.MAX_IMAGE_PIXELS

    @contextlib.contextmanager
    def of(self, max_pixels: int) -> Iterator[None]:
        """Decode in the block, under a limit of one's own."""
        with self._lock:
            if self._inside == 0:
                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.simplefilter("ignore")
                self._limit = Image.MAX_IMAGE_PIXELS
            self._inside += 1
            if max_pixels > PILLOWS_LIMIT:
                Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if self._inside == 0:
                    self._caught.__exit__(None, None, None)
                    Image.MAX_IMAGE_PIXELS = self._limit


LENIENT = Lenient()
"""Of all threads of the process: Pillow and Python hold warnings and limit for all of them."""


@contextlib.contextmanager
def lenient_of_metadata() -> Iterator[None]:
    """Read a picture as it is stored where its EXIF data is damaged, as every viewer does."""
    try:
        yield
    except MemoryError:
        raise
    except Exception:  # of whatever part of Pillow met it
        pass
