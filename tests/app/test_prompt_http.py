"""Connections that never finish a request are closed; those that do are not."""

import contextlib
import socket
import time

import pytest

from asdcfer.app.server import make_app
from tests.app.standin import StandIn

GET = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def port(served, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("asdcfer.app.prompt_http.HEAD_SECONDS", 0.4)
    return int(served(make_app(StandIn())).rsplit(":", 1)[1])


@pytest.mark.parametrize("first", [b"", b"G", b"GET / HTTP/1.1\r\n", GET + b"GET"])
def test_an_unfinished_head_is_not_waited_for(port: int, first: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(first)
        got = b""
        while True:  # until the server hangs up, or recv has waited too long
            with contextlib.suppress(OSError):
                if first and not first.endswith(b"\r\n"):
                    wire.sendall(b"a")
            more = wire.recv(4096)
            if not more:
                break
            got += more
        assert (b"200 OK" in got) == (GET in first)


def test_several_requests_of_one_connection_are_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        for _ in range(4):
            time.sleep(0.2)
            wire.sendall(GET)
            got = b""
            while b'"limits"' not in got or not got.endswith(b"}"):
                got += wire.recv(65536)
            assert got.startswith(b"HTTP/1.1 200")


def test_a_long_answer_is_not_cut(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(b"POST /recognize HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\n")
        time.sleep(0.8)
        wire.sendall(b"text")
        assert b"422" in wire.recv(4096)
