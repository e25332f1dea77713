"""The page's files, headers, who may ask, and the description of the interface."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import asdcfer
from asdcfer.app.limits import Limits
from asdcfer.app.schemas import NO_FACE_IN_VIDEO
from asdcfer.app.security import CONTENT_SECURITY_POLICY
from asdcfer.app.server import make_app
from asdcfer.recognition.video import VIDEO_SUFFIXES
from tests.app.standin import StandIn

STATIC = Path(asdcfer.__file__).parent / "app/static"
KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def test_every_file_of_the_page_is_served_under_the_policy(client: TestClient) -> None:
    files = sorted(STATIC.iterdir())
    assert len(files) >= 8
    for path in files:
        response = client.get(f"/static/{path.name}")
        assert response.content == path.read_bytes()
        assert response.headers["content-type"].startswith(KINDS[path.suffix])
    for address in ("/", "/api", "/health", "/static/page.js", "/nowhere"):
        headers = client.get(address).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_policy_names_no_host_and_allows_no_inline_code() -> None:
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert not re.search(r"unsafe|http|\*|//", CONTENT_SECURITY_POLICY)


def test_no_file_of_the_page_names_another_host_or_needs_inline_code() -> None:
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        hosts = set(re.findall(r"(?:https?:)?//([a-z0-9.-]+\.[a-z0-9]+)", text, re.IGNORECASE))
        assert hosts <= {"127.0.0.1"}, path.name
        if path.suffix == ".html":
            assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)", text), (
                path.name
            )
        assert "@import" not in text
        assert "@font-face" not in text


def test_every_file_the_page_asks_for_exists(client: TestClient) -> None:
    asked = set()
    for path in STATIC.glob("*.html"):
        asked |= set(re.findall(r'(?:href|src)="(/[^"#]*)"', path.read_text(encoding="utf-8")))
    for path in STATIC.glob("*.js"):
        asked |= {
            f"/static/{name}"
            for name in re.findall(r'from "\./([^"]+)"', path.read_text(encoding="utf-8"))
        }
    assert "/static/page.js" in asked
    assert "/openapi.json" in asked
    assert {address: client.get(address).status_code for address in asked} == dict.fromkeys(
        asked, 200
    )


@pytest.mark.parametrize(
    "name", ["../server.py", "..%2fserver.py", "%2e%2e/guard.py", "nothing.js", "/etc/passwd"]
)
def test_no_other_file_can_be_named(client: TestClient, name: str) -> None:
    response = client.get(f"/static/{name}")
    assert response.status_code in (307, 404)
    assert "import" not in response.text


def test_pages_that_load_from_other_hosts_are_off(client: TestClient) -> None:
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
    assert client.get("/docs").json() == {"code": "http", "error": "Not Found"}
    assert client.get("/recognize").status_code == 405


def test_health_tells_model_order_and_limits(standin: StandIn) -> None:
    answer = (
        TestClient(
            make_app(standin, Limits(max_upload_mb=7), model="mine"), base_url="http://[::1]:7860"
        )
        .get("/health")
        .json()
    )
    assert answer["status"] == "ok"
    assert answer["version"] == asdcfer.__version__
    assert answer["model"] == "mine"
    assert answer["expressions"] == list(asdcfer.EXPRESSIONS)
    assert answer["limits"]["max_upload_mb"] == 7


def test_openapi_describes_bodies_answers_and_refusals(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    photo, video = (
        schema["paths"]["/recognize"]["post"],
        schema["paths"]["/recognize/video"]["post"],
    )
    assert {"image/jpeg", "multipart/form-data", "application/octet-stream"} <= set(
        photo["requestBody"]["content"]
    )
    assert photo["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/PhotoAnswer"
    )
    assert list(video["responses"]["200"]["content"]) == ["application/x-ndjson"]
    for status in ("400", "413", "422", "503"):
        for verb in (photo, video):
            assert verb["responses"][status]["content"]["application/json"]["schema"][
                "$ref"
            ].endswith("/ErrorAnswer")
    assert {"FaceAnswer", "Box", "Attention", "VideoFrame", "VideoEnd", "Limits"} <= set(
        schema["components"]["schemas"]
    )
    described = schema["components"]["schemas"]["FaceAnswer"]["properties"]
    assert "probability" in described["scores"]["description"]


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


def test_the_page_knows_the_one_message_that_is_no_complaint() -> None:
    assert f'"{NO_FACE_IN_VIDEO}"' in (STATIC / "page.js").read_text(encoding="utf-8")


def test_the_page_knows_every_suffix_of_a_video() -> None:
    line = next(
        line
        for line in (STATIC / "page.js").read_text(encoding="utf-8").splitlines()
        if line.startswith("const VIDEO_NAMES")
    )
    pattern = re.compile(re.search("/(.*)/i;", line).group(1))
    assert [suffix for suffix in sorted(VIDEO_SUFFIXES) if not pattern.search(f"a{suffix}")] == []


@pytest.mark.parametrize(
    "limits",
    [
        {"max_upload_mb": 0},
        {"max_pixels": -1},
        {"max_pixels": 178_956_971},
        {"max_seconds": 0},
        {"max_megabytes": 3},
    ],
)
def test_impossible_limits(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Limits(**limits)
