"""Queue before the recognizer: one recognition at a time, and a plain answer when it is full."""

import contextlib
import logging
import re
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator

import anyio

from asdcfer.app.limits import Limits
from asdcfer.app.uploads import RefusalError
from asdcfer.errors import AsdcferError

_NAMELESS = re.compile(r"^(the bytes|.*asdcfer-app-[^:]*): ")
_LOOK = 0.01  # seconds between two looks for a free place
_log = logging.getLogger("asdcfer.app")


class RecognizerQueue:
    """One recognizer that many requests share, one photo or video frame at a time.

    Worker threads take its lock, so the page always answers. A photo is recognized between two
    frames of somebody else's video.

    Args:
        limits: `max_waiting` bounds the places, `max_wait` how long one more waits.

    Example:
        >>> queue = RecognizerQueue(Limits(max_waiting=1, max_wait=0))
        >>> async def twice():
        ...     async with queue.place(), queue.place():
        ...         pass
        >>> anyio.run(twice)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        asdcfer.app.uploads.RefusalError: The server is busy with other pictures; ...
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places = threading.BoundedSemaphore(limits.max_waiting)
        self._line: deque[object] = deque()
        self._recognizer = threading.Lock()

    async def take_place(self) -> None:
        """Occupy a place in the queue, when one is free; give it back with `leave_place`.

        Those that wait come in their order.

        Raises:
            RefusalError: none was free for `max_wait` seconds (503).
        """
        me, until = object(), time.monotonic() + self._limits.max_wait
        self._line.append(me)
        try:
            # Asked again and again, and not woken: places are left in other threads and loops.
            while not (self._line[0] is me and self._places.acquire(blocking=False)):
                if time.monotonic() >= until:
                    raise RefusalError(
                        503,
                        "busy",
                        "The server is busy with other pictures; try again in a moment.",
                    )
                await anyio.sleep(_LOOK)
        finally:
            self._line.remove(me)

    def leave_place(self) -> None:
        """Give a place back."""
        self._places.release()

    @contextlib.asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place while the block runs."""
        await self.take_place()
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
