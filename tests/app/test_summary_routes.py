"""The addresses that sum up: answers, files, refusals, and their description."""

import json

import pytest
from fastapi.testclient import TestClient

from asdcfer.app.summarizing import FILES
from asdcfer.expressions import EXPRESSIONS
from asdcfer.summary.events import EventOptions

SCORES = {name: 0.04 for name in EXPRESSIONS} | {"happy": 0.76}
FACE = {"id": 0, "box": {"x": 0, "y": 0, "width": 9, "height": 9}, "scores": SCORES}
BODY = {
    "file": "v.mp4",
    "frames": [{"frame": at, "time": at / 4, "faces": [FACE]} for at in range(8)],
    "names": {"0": "Ann"},
}


def test_persons_and_events(client: TestClient) -> None:
    answer = client.post("/summarize", json=BODY).json()
    (person,), (event,) = answer["people"], answer["events"]
    assert (person["person"], person["faces"], person["seconds"]) == ("Ann", [0], 2)
    assert (event["expression"], event["start"], event["end"]) == ("happy", 0, 2)
    stricter = BODY | {"events": {"begin": 0.9, "end": 0.5}}
    assert client.post("/summarize", json=stricter).json()["events"] == []


@pytest.mark.parametrize("name", FILES)
def test_every_file_comes_under_its_name(client: TestClient, name: str) -> None:
    response = client.post(f"/summarize/{name}", json=BODY)
    assert response.status_code == 200
    assert response.headers["content-type"] == FILES[name]
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert response.headers["content-security-policy"]
    assert b"happy" in response.content or name == "names.csv"


def test_refusals_are_one_line(client: TestClient) -> None:
    for body, status, line in (
        (b"", 422, "The file is empty"),
        (b"[", 422, "body: Invalid JSON"),
        (json.dumps(BODY | {"frames": []}).encode(), 422, "frames: "),
        (json.dumps(BODY | {"events": {"begin": 0.2}}).encode(), 422, "events: "),
    ):
        response = client.post("/summarize", content=body)
        assert response.status_code == status
        assert response.json()["error"].startswith(line)
        assert "\n" not in response.json()["error"]
    assert client.post("/summarize/other.csv", json=BODY).status_code == 422
    assert client.get("/summarize").status_code == 405


def test_the_description_holds_the_body(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    body = schema["paths"]["/summarize"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["$ref"] == "#/components/schemas/SummaryRequest"
    described = schema["components"]["schemas"]
    defaults = {
        name: one["default"] for name, one in described["EventOptions"]["properties"].items()
    }
    assert defaults == EventOptions().model_dump()
    for name in ("SummaryRequest", "SeenFrame", "SeenFace", "SummaryAnswer"):
        assert name in described
    text = json.dumps(schema)
    assert "$defs" not in text


def test_the_page_is_told_how_events_begin_and_end(client: TestClient) -> None:
    assert client.get("/health").json()["events"] == EventOptions().model_dump()
