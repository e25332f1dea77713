"""One recognition at a time, and plain answers to those who come too many."""

import threading

import anyio
import numpy as np
import pytest
from fastapi.testclient import TestClient

from asdcfer.app.limits import Limits
from asdcfer.app.queueing import RecognizerQueue
from asdcfer.app.server import make_app
from asdcfer.app.uploads import RefusalError
from asdcfer.errors import InputError
from tests.app.standin import StandIn, png_header


def test_the_recognizers_own_error_is_passed_on_and_a_bug_is_not(
    photo: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    said = TestClient(
        make_app(StandIn(fail=InputError("the bytes: broken picture (at 7)"))),
        base_url="http://localhost",
    ).post("/recognize", content=photo)
    assert (said.status_code, said.json()) == (
        422,
        {"code": "unreadable", "error": "Broken picture (at 7)."},
    )
    for bug in (RuntimeError("secret /root/path"), ZeroDivisionError()):
        response = TestClient(make_app(StandIn(fail=bug)), base_url="http://localhost").post(
            "/recognize", content=photo
        )
        assert (response.status_code, response.json()["code"]) == (
            500,
            "internal",
        )
        assert "secret" not in response.text
    assert "recognition failed" in caplog.text
    memory = TestClient(make_app(StandIn(fail=MemoryError())), base_url="http://localhost").post(
        "/recognize", content=photo
    )
    assert (memory.status_code, memory.json()["code"]) == (413, "too_many_pixels")


def test_one_recognition_at_a_time_and_a_full_queue_says_busy(photo: bytes) -> None:
    entered, leave, most = threading.Event(), threading.Event(), []

    class Slow(StandIn):
        inside = 0

        def __call__(self, picture: bytes | np.ndarray) -> list:
            self.inside += 1
            most.append(self.inside)
            entered.set()
            leave.wait(10)
            self.inside -= 1
            return super().__call__(picture)

    app = make_app(Slow(), Limits(max_waiting=3, max_wait=0))
    with TestClient(app, base_url="http://localhost") as client:
        answers: list[int] = []
        threads = [
            threading.Thread(
                target=lambda: answers.append(client.post("/recognize", content=photo).status_code)
            )
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        assert entered.wait(10)
        # All three hold a place before the fourth comes; the page itself still answers.
        busy = None
        for _ in range(100):
            busy = client.post("/recognize", content=b"")
            if busy.status_code == 503:
                break
            threading.Event().wait(0.02)
        assert (busy.status_code, busy.json()["code"]) == (503, "busy")
        assert client.get("/health").status_code == 200
        assert client.get("/").status_code == 200
        leave.set()
        for thread in threads:
            thread.join(10)
    assert answers == [200, 200, 200]
    assert set(most) == {1}


def test_a_place_is_given_back_after_refusals(photo: bytes) -> None:
    client = TestClient(make_app(StandIn(), Limits(max_waiting=1)), base_url="http://localhost")
    for body in (b"", b"text", png_header(60_000, 60_000)):
        assert client.post("/recognize", content=body).status_code in (413, 422)
        assert client.post("/recognize/video", content=body).status_code in (413, 422)
    assert client.post("/recognize", content=photo).status_code == 200


def test_those_who_wait_for_a_place_come_in_their_order() -> None:
    queue, came = RecognizerQueue(Limits(max_waiting=1)), []

    async def one(number: int) -> None:
        async with queue.place():
            came.append(number)
            await anyio.sleep(0.02)

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(one, number)
                await anyio.sleep(0.001)

    anyio.run(all_of_them)
    assert came == list(range(5))


def test_who_waits_too_long_is_sent_away_and_the_next_one_is_not() -> None:
    queue = RecognizerQueue(Limits(max_waiting=1, max_wait=0.1))

    async def wait() -> None:
        async with queue.place():
            with pytest.raises(RefusalError, match="busy"):
                await queue.take_place()
            with anyio.move_on_after(0.03):
                await queue.take_place()
        async with queue.place():
            pass

    anyio.run(wait)


def test_more_than_the_places_are_all_answered_in_the_end(photo: bytes) -> None:
    app = make_app(StandIn(), Limits(max_waiting=2))
    with TestClient(app, base_url="http://localhost") as client:
        answers: list[int] = []
        threads = [
            threading.Thread(
                target=lambda: answers.append(client.post("/recognize", content=photo).status_code)
            )
            for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert answers == [200] * 12


def test_the_queue_passes_a_refusal_through() -> None:
    queue = RecognizerQueue(Limits())
    with queue.recognizer():
        assert not queue._recognizer.acquire(blocking=False)
    assert queue._recognizer.acquire(blocking=False)
