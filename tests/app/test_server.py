"""The addresses of the application: pages, health, photos, and their description."""

import io

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

import asdcfer
from asdcfer.app.limits import Limits
from asdcfer.app.schemas import PhotoAnswer
from asdcfer.app.server import make_app
from asdcfer.expressions import EXPRESSIONS
from asdcfer.recognition.sharpness import BLURRED
from tests.app.standin import StandIn, encoded, post


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
    assert (answer["max_yaw"], answer["min_sharpness"]) == (None, BLURRED), "as predict has it"
    assert list(answer["looks"]) == [*asdcfer.EXPRESSIONS, "uncertain"]


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


@pytest.mark.parametrize("way", ["raw", "form"])
def test_a_photo_gives_every_field(client: TestClient, photo: bytes, way: str) -> None:
    response = post(client, photo, way)
    assert response.status_code == 200
    answer = PhotoAnswer.model_validate(response.json())
    assert (answer.file, answer.width, answer.height, answer.status, answer.message) == (
        "photo.jpg",
        120,
        80,
        "ok",
        None,
    )
    (face,) = answer.faces
    assert face.box.model_dump() == {"x": 30, "y": 20, "width": 60, "height": 40}
    assert tuple(face.scores) == EXPRESSIONS
    assert sum(face.scores.values()) == pytest.approx(1, abs=1e-4)
    assert face.expression == max(face.scores, key=face.scores.get)
    assert face.confidence == max(face.scores.values())
    assert len(face.landmarks) == 5
    assert face.status == "ok"
    assert face.attention is None


def test_a_large_photo_travels_both_ways(client: TestClient) -> None:
    body = encoded(np.random.default_rng(0).integers(0, 255, (900, 900, 3), np.uint8), "PNG")
    assert len(body) > 2_000_000
    raw, form = post(client, body, "raw").json(), post(client, body, "form").json()
    assert raw.pop("seconds") >= 0
    assert form.pop("seconds") >= 0
    assert raw == form
    assert raw["width"] == 900


def test_exif_rotation_gives_the_size_as_shown(client: TestClient) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    answer = post(
        client, encoded(np.full((40, 100, 3), 128, np.uint8), "JPEG", exif=exif), "raw"
    ).json()
    assert (answer["width"], answer["height"]) == (40, 100)
    assert answer["faces"][0]["box"] == {"x": 10, "y": 25, "width": 20, "height": 50}


def test_no_face_is_an_answer_with_a_sentence(client: TestClient) -> None:
    response = post(client, encoded(np.zeros((50, 50, 3), np.uint8)), "raw")
    assert response.status_code == 200
    assert response.json()["status"] == "no_face"
    assert response.json()["faces"] == []
    assert response.json()["message"].startswith("No face found")


def test_abstain_below_says_uncertain(client: TestClient, photo: bytes) -> None:
    face = post(client, photo, "raw", abstain_below=0.95).json()["faces"][0]
    assert (face["expression"], face["status"]) == ("uncertain", "uncertain")
    assert face["confidence"] == pytest.approx(0.7)
    assert post(client, photo, "raw", abstain_below=0.5).json()["faces"][0]["status"] == "ok"
    refused = post(client, photo, "raw", abstain_below=7)
    assert refused.status_code == 422
    assert refused.json()["code"] == "invalid"
    assert "abstain_below" in refused.json()["error"]


def test_attention_only_when_asked(client: TestClient, photo: bytes) -> None:
    attention = post(client, photo, "raw", attention="true").json()["faces"][0]["attention"]
    assert attention["corners"] == [[30, 20], [90, 20], [90, 60], [30, 60]]
    assert np.asarray(attention["values"]).shape == (4, 4)
    assert np.max(attention["values"]) == 1
    assert post(client, photo, "raw", attention="false").json()["faces"][0]["attention"] is None


def test_a_model_without_attention_answers_without_it(
    client: TestClient, standin: StandIn, photo: bytes
) -> None:
    standin.explains = False
    answer = post(client, photo, "raw", attention="true")
    assert answer.status_code == 200
    assert answer.json()["faces"][0]["attention"] is None


def test_gif_and_cmyk_and_sixteen_bits_reach_the_recognizer(client: TestClient) -> None:
    pictures = []
    for mode, kind in [
        ("CMYK", "JPEG"),
        ("I;16", "PNG"),
        ("P", "GIF"),
        ("1", "PNG"),
        ("LA", "PNG"),
    ]:
        file = io.BytesIO()
        source = (
            Image.fromarray(np.full((30, 40), 40_000, np.uint16))
            if mode == "I;16"
            else Image.new("RGB", (40, 30), "white").convert(mode)
        )
        source.save(file, kind)
        pictures.append(post(client, file.getvalue(), "raw"))
    assert [(picture.status_code, picture.json()["width"]) for picture in pictures] == [
        (200, 40)
    ] * 5


@pytest.mark.parametrize("kind", ["TIFF", "JPEG2000", "PNG"])
def test_a_photo_that_browsers_do_not_read_is_given_as_one_that_they_do(
    client: TestClient, kind: str
) -> None:
    picture = np.zeros((40, 3000, 3), np.uint8)
    picture[:, 1500:] = 200
    response = client.post("/shown", content=encoded(picture, kind))
    assert response.headers["content-type"] == "image/jpeg"
    shown = Image.open(io.BytesIO(response.content))
    assert shown.size == (2048, 27), "no larger than a screen"
    assert np.asarray(shown)[:, 1100:].min() > 180
    assert client.post("/shown", content=b"text").json()["code"] == "unreadable"
    assert "/shown" not in client.get("/openapi.json").json()["paths"]
