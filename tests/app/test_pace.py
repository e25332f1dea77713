"""One address is answered at a rate, and another is not held back by it."""

import time

import pytest
from fastapi.testclient import TestClient

from asdcfer.app.limits import Limits
from asdcfer.app.pace import Pace
from asdcfer.app.server import make_app
from tests.app.standin import StandIn


def client(limits: Limits, address: str = "testclient", app=None) -> TestClient:
    app = app or make_app(StandIn(), limits)
    return TestClient(app, base_url="http://localhost", client=(address, 50_000))


def test_far_too_many_are_refused_with_the_time_to_wait(photo: bytes) -> None:
    app = make_app(StandIn(), Limits(max_rate=2, max_wait=0))
    answers = [
        client(Limits(), "10.0.0.1", app).post("/recognize", content=photo) for _ in range(8)
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:4] == [200] * 4, "two seconds' worth at once"
    assert 429 in statuses
    refused = answers[statuses.index(429)]
    assert refused.json()["code"] == "too_fast"
    assert refused.headers["retry-after"] == "1"
    assert "x-content-type-options" in refused.headers
    assert client(Limits(), "10.0.0.2", app).post("/recognize", content=photo).status_code == 200


def test_pages_and_health_are_not_counted() -> None:
    one = client(Limits(max_rate=1, max_wait=0))
    assert {one.get("/health").status_code for _ in range(20)} == {200}


def test_somewhat_too_many_are_answered_at_the_rate(photo: bytes) -> None:
    one = client(Limits(max_rate=20))
    began = time.monotonic()
    assert {one.post("/recognize", content=photo).status_code for _ in range(50)} == {200}
    assert time.monotonic() - began > (50 - 2 * 20) / 20 - 0.1


def test_the_clock_of_a_caller() -> None:
    pace = Pace(None, Limits(max_rate=10, max_wait=1))
    waits = [pace._wait("a", 100.0) for _ in range(40)]
    assert waits[:20] == [0.0] * 20
    assert waits[20:31] == pytest.approx([i / 10 for i in range(1, 12)], abs=0.11)
    assert all(wait > 1 for wait in waits[31:]), "refused ones are not counted"
    assert pace._wait("b", 100.0) == 0
    assert pace._wait("a", 110.0) == 0


def test_callers_of_one_network_are_one_and_few_are_remembered() -> None:
    from asdcfer.app.pace import _MOST_CALLERS, _caller

    assert _caller({"client": ("2001:db8::1", 1)}) == _caller({"client": ("2001:db8::2", 2)})
    assert _caller({"client": ("10.0.0.1", 1)}) != _caller({"client": ("10.0.0.2", 1)})
    assert _caller({"client": None}) == ""
    pace = Pace(None, Limits())
    for number in range(_MOST_CALLERS + 50):
        pace._wait(str(number), 0.0)
    assert len(pace._due) == _MOST_CALLERS
