"""One recognition at a time, and plain answers to those who come too many."""

import threading

import numpy as np
import pytest
from fastapi.testclient import TestClient

from asdcfer.app.limits import Limits
from asdcfer.app.queueing import RecognizerQueue
from asdcfer.app.server import make_app
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

    app = make_app(Slow(), Limits(max_waiting=3))
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


def test_the_queue_passes_a_refusal_through() -> None:
    queue = RecognizerQueue(Limits())
    with queue.place(), queue.recognizer():
        assert not queue._recognizer.acquire(blocking=False)
    assert queue._recognizer.acquire(blocking=False)
