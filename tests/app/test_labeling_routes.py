"""The routes of the page to label on: answers, refusals, and who may ask."""

import io
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from asdcfer.app.server import make_app
from tests.app.label_pack import IDS, labeling_of
from tests.app.standin import StandIn


@pytest.fixture
def label_client(tmp_path: Path) -> TestClient:
    """A client of an app with faces to label."""
    app = make_app(StandIn(), labeling=labeling_of(tmp_path))
    return TestClient(app, base_url="http://127.0.0.1:7860")


def save(client: TestClient, number: int, label: str | None, before: str | None = None, **more):
    return client.post(f"/labeling/{number}", json={"label": label, "before": before}, **more)


def test_a_face_is_shown_labeled_and_taken_back(label_client: TestClient, tmp_path: Path) -> None:
    assert label_client.get("/health").json()["labeling"] is True
    state = label_client.get("/labeling").json()
    assert (state["count"], state["done"], state["next"]) == (5, 0, 0)
    assert set(state["looks"]) == {"happy", "sad"}
    face = label_client.get("/labeling/0").json()
    assert (face["id"], face["label"], len(face["after"])) == (IDS[0], None, 2)
    saved = save(label_client, 0, "happy").json()
    assert saved == {"done": 1, "next": 1, "label": "happy"}
    assert (tmp_path / "labels.csv").read_bytes() == f"id,label\n{IDS[0]},happy\n".encode()
    assert save(label_client, 0, None, "happy").json() == {"done": 0, "next": 1, "label": None}
    assert (tmp_path / "labels.csv").read_bytes() == b"id,label\n"


def test_pictures_are_those_of_the_pack(label_client: TestClient) -> None:
    for number in range(5):
        response = label_client.get(f"/labeling/pictures/{number}")
        assert response.headers["content-type"] == "image/png"
        assert response.headers["cache-control"] == "no-store"
        shown = np.asarray(Image.open(io.BytesIO(response.content)))
        assert np.array_equal(shown, np.full((24, 24), 40 * number))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("/labeling/5", 404), ("/labeling/-1", 404), ("/labeling/pictures/5", 404)),
        *(("/labeling/a.png", 422), ("/labeling/pictures/..%2f..", 404), ("/labeling/1e3", 422)),
    ],
)
def test_no_other_face_can_be_named(label_client: TestClient, path: str, status: int) -> None:
    response = label_client.get(path)
    assert response.status_code == status
    assert set(response.json()) == {"code", "error"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "empty"),
        (b"{}", 422, "invalid"),
        (b'{"label": "joy", "before": null}', 422, "invalid"),
        (b'{"label": "sad", "before": null, "more": 1}', 422, "invalid"),
        (b'{"label": 3, "before": null}', 422, "invalid"),
        (b'{"label": "' + b"x" * 100_000 + b'", "before": null}', 413, "too_large"),
    ],
)
def test_a_body_that_is_no_label_is_refused(
    label_client: TestClient, tmp_path: Path, body: bytes, status: int, code: str
) -> None:
    response = label_client.post("/labeling/0", content=body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert "\n" not in response.json()["error"]
    assert not (tmp_path / "labels.csv").exists()


def test_a_read_only_file_is_said_and_the_page_goes_on(
    label_client: TestClient, tmp_path: Path
) -> None:
    save(label_client, 0, "happy")
    (tmp_path / "labels.csv").chmod(0o444)
    response = save(label_client, 1, "sad")
    assert (response.status_code, response.json()["code"]) == (500, "not_saved")
    assert label_client.get("/labeling").json()["done"] == 1
    (tmp_path / "labels.csv").chmod(0o644)
    assert save(label_client, 1, "sad").status_code == 200


def test_other_pages_and_names_are_refused(label_client: TestClient, tmp_path: Path) -> None:
    for headers in (
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"host": "evil.example"},
    ):
        response = save(label_client, 0, "happy", headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "foreign")
    assert label_client.get("/labeling", headers={"host": "evil.example"}).status_code == 403
    assert not (tmp_path / "labels.csv").exists()


def test_without_faces_to_label_there_are_no_such_routes(client: TestClient) -> None:
    assert client.get("/label").status_code == 200
    assert client.get("/health").json()["labeling"] is False
    assert client.get("/labeling").status_code == 404
    assert "/labeling" not in client.get("/openapi.json").json()["paths"]


def test_openapi_describes_what_is_sent(label_client: TestClient) -> None:
    post = label_client.get("/openapi.json").json()["paths"]["/labeling/{number}"]["post"]
    body = post["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == {"label", "before"}
    assert {"404", "409", "413", "422", "500"} <= set(post["responses"])
