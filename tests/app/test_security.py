"""Headers of every answer, and who may ask."""

import re

import pytest
from fastapi.testclient import TestClient

from asdcfer.app.security import CONTENT_SECURITY_POLICY
from asdcfer.app.server import make_app
from tests.app.standin import StandIn


def test_the_policy_names_no_host_and_allows_no_inline_code() -> None:
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert not re.search(r"unsafe|http|\*|//", CONTENT_SECURITY_POLICY)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "",
        "[",
        "localhost@evil.example",
        "192.168.1.5",
    ],
)
def test_other_names_are_refused(client: TestClient, host: str) -> None:
    response = client.get("/", headers={"host": host})
    assert (response.status_code, response.json()["code"]) == (403, "foreign")


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1", "LOCALHOST", "[::1]:7860"])
def test_names_of_this_machine_are_taken(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


def test_other_pages_are_refused(client: TestClient, standin: StandIn, photo: bytes) -> None:
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9"},
        {"sec-fetch-site": "cross-site"},
    ):
        response = client.post("/recognize", content=photo, headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "foreign")
    assert standin.calls == 0
    own = {"origin": "http://127.0.0.1:7860", "sec-fetch-site": "same-origin"}
    assert client.post("/recognize", content=photo, headers=own).status_code == 200


def test_a_server_opened_to_a_network_takes_any_name_but_no_other_page(
    standin: StandIn, photo: bytes
) -> None:
    client = TestClient(make_app(standin, hosts=None), base_url="http://lab-machine:7860")
    assert client.get("/").status_code == 200
    assert (
        client.post(
            "/recognize", content=photo, headers={"origin": "http://evil.example"}
        ).status_code
        == 403
    )


def test_a_bug_in_the_server_itself_is_one_line_too(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch, photo: bytes
) -> None:
    app = make_app(standin)

    def bug(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("asdcfer.app.server.received", bug)
    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    response = client.post("/recognize", content=photo)
    assert (response.status_code, response.json()["code"]) == (
        500,
        "internal",
    )
    assert "secret" not in response.text
    assert client.get("/").status_code == 200
