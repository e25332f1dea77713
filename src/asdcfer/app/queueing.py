"""Queue before the recognizer: one recognition at a time, and a plain answer when it is full."""

import contextlib
import logging
import re
import threading
from collections.abc import Iterator

from asdcfer.app.limits import Limits
from asdcfer.app.uploads import RefusalError
from asdcfer.errors import AsdcferError

_NAMELESS = re.compile(r"^(the bytes|.*asdcfer-app-[^:]*): ")
_log = logging.getLogger("asdcfer.app")


class RecognizerQueue:
    """One recognizer that many requests share, one photo or video frame at a time.

    Worker threads take its lock, so the page always answers. A photo is recognized between two
    frames of somebody else's video.

    Args:
        limits: `max_waiting` bounds the places.

    Example:
        >>> queue = RecognizerQueue(Limits(max_waiting=1))
        >>> with queue.place():  # doctest: +ELLIPSIS
        ...     with queue.place():
        ...         pass
        Traceback (most recent call last):
        ...
        asdcfer.app.uploads.RefusalError: The server is busy with other pictures; ...
    """

    def __init__(self, limits: Limits) -> None:
        self._places = threading.BoundedSemaphore(limits.max_waiting)
        self._recognizer = threading.Lock()

    def take_place(self) -> None:
        """Occupy a place in the queue; give it back with `leave_place`.

        Raises:
            RefusalError: every place is taken (503).
        """
        if not self._places.acquire(blocking=False):
            raise RefusalError(
                503, "busy", "The server is busy with other pictures; try again in a moment."
            )

    def leave_place(self) -> None:
        """Give a place back."""
        self._places.release()

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place while the block runs."""
        self.take_place()
        try:
            yield
        finally:
            self.leave_place()

    @contextlib.contextmanager
    def recognizer(self) -> Iterator[None]:
        """Hold the recognizer while the block runs, under `in_one_line`."""
        with self._recognizer, in_one_line():
            yield


@contextlib.contextmanager
def in_one_line() -> Iterator[None]:
    """Turn what the block raises into a `RefusalError` of one line that names no path."""
    try:
        yield
    except RefusalError:
        raise
    except AsdcferError as error:
        # The recognizer names its input, which here are nameless bytes or a temporary path.
        line = _NAMELESS.sub("", (str(error).splitlines() or ["the file cannot be read"])[0])
        raise RefusalError(
            422, "unreadable", f"{line[:1].upper()}{line[1:].rstrip('.')}."
        ) from None
    except MemoryError:
        raise RefusalError(
            413, "too_many_pixels", "The picture needs more memory than this machine has free."
        ) from None
    except Exception as error:
        _log.exception("recognition failed")
        raise RefusalError(
            500,
            "internal",
            (
                "Recognition failed on this file; the server's terminal shows why. The page still "
                "works."
            ),
        ) from error
