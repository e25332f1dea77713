"""Read the next frames in a thread of their own while the one before is recognized."""

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

AHEAD = 2
"""Frames that wait at most."""


def read_ahead(items: Iterable[T], ahead: int = AHEAD) -> Generator[T, None, None]:
    """Yield items in their order, made in another thread; so are their errors, in their place.

    The thread ends when the items do, or when the generator is closed.

    Args:
        items: made one by one; a generator is closed in the thread that ran it.
        ahead: items that wait at most.

    Example:
        >>> list(read_ahead(number**2 for number in range(4)))
        [0, 1, 4, 9]
    """
    waiting: queue.Queue[tuple[bool, T | BaseException | None]] = queue.Queue(ahead)
    stopped = threading.Event()
    thread = threading.Thread(
        target=_fill, args=(iter(items), waiting, stopped), name="read ahead", daemon=True
    )
    thread.start()
    try:
        while True:
            is_item, value = waiting.get()
            if is_item:
                yield value  # type: ignore[misc]  # an item, as the flag says
            elif value is None:
                return
            else:
                assert isinstance(value, BaseException)
                raise value
    finally:
        stopped.set()
        # Makes room for what the thread holds, so that it sees the end.
        while thread.is_alive():
            try:
                waiting.get(timeout=0.01)
            except queue.Empty:
                continue
        thread.join()


def _fill(
    items: Iterator[T],
    waiting: "queue.Queue[tuple[bool, T | BaseException | None]]",
    stopped: threading.Event,
) -> None:
    try:
        for item in items:
            waiting.put((True, item))
            if stopped.is_set():
                break
        end: BaseException | None = None
    except BaseException as error:  # raised in the thread that reads
        end = error
    close = getattr(items, "close", None)
    if close is not None:
        close()
    waiting.put((False, end))
