"""Reading ahead changes nothing but the time."""

import threading
import time

import pytest

from asdcfer.errors import InputError
from asdcfer.recognition.read_ahead import AHEAD, read_ahead


def numbers(count, closed=None, error=None):
    try:
        yield from range(count)
        if error is not None:
            raise error
    finally:
        if closed is not None:
            closed.append(threading.current_thread().name)


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "read ahead"]


@pytest.mark.parametrize("count", [0, 1, AHEAD, 50])
def test_order_and_end(count):
    assert list(read_ahead(numbers(count))) == list(range(count))
    assert not threads()


def test_an_error_comes_in_its_place():
    reader = read_ahead(numbers(5, error=InputError("broke off")))
    assert [next(reader) for _ in range(5)] == list(range(5))
    with pytest.raises(InputError, match="broke off"):
        next(reader)
    assert not threads()


def test_no_more_than_a_few_wait():
    made = []

    def items():
        for number in range(50):
            made.append(number)
            yield number

    reader = read_ahead(items())
    next(reader)
    time.sleep(0.1)
    assert len(made) <= AHEAD + 2
    reader.close()


def test_a_reader_that_stops_early_leaves_no_thread_and_closes_the_source():
    closed = []
    reader = read_ahead(numbers(1000, closed))
    assert next(reader) == 0
    reader.close()
    assert closed == ["read ahead"]
    assert not threads()
