"""POST /recognize: what comes out, and that every bad upload is refused in one line and leaves the
page up.
"""

import io
import struct
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from asdcfer.app.limits import Limits
from asdcfer.app.queueing import Turns
from asdcfer.app.schemas import PhotoAnswer
from asdcfer.app.server import make_app
from asdcfer.errors import InputError
from asdcfer.expressions import EXPRESSIONS
from tests.app.standin import StandIn, encoded


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing of it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 64))
        + chunk(b"IEND", b"")
    )


def post(client: TestClient, body: bytes, way: str, name: str = "photo.jpg", **query: object):
    if way == "raw":
        return client.post("/recognize", content=body, params={"name": name, **query})
    return client.post("/recognize", files={"file": (name, body)}, params=query)


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


BAD = {
    "empty": (b"", 422, "empty"),
    "text called .jpg": (b"this is not a picture\n" * 20, 422, "unreadable"),
    "truncated JPEG": (
        encoded(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8))[:3000],
        422,
        "unreadable",
    ),
    "JPEG header only": (encoded(np.zeros((9, 9, 3), np.uint8))[:24], 422, "unreadable"),
    "huge PNG header": (png_header(60_000, 60_000), 413, "too_many_pixels"),
    "largest PNG header": (png_header(2**31 - 1, 2**31 - 1), 413, "too_many_pixels"),
    "PNG over the limit, under Pillow's": (png_header(8_000, 7_000), 413, "too_many_pixels"),
    "PNG without its pixels": (png_header(300, 300), 422, "unreadable"),
    "zero by zero PNG": (png_header(0, 0), 422, "unreadable"),
    "an mp4": (b"\0\0\0\x18ftypisom" + b"\0" * 200, 415, "is_video"),
    "random bytes": (np.random.default_rng(1).bytes(5000), 422, "unreadable"),
    "PostScript": (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
        422,
        "unreadable",
    ),
    "an icon": (encoded(np.zeros((64, 64, 3), np.uint8), "ICO"), 422, "unreadable"),
    "an SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "unreadable"),
}


@pytest.mark.parametrize("way", ["raw", "form"])
@pytest.mark.parametrize("bad", BAD)
def test_bad_uploads_are_refused_in_one_line(
    client: TestClient, photo: bytes, temporary: Path, bad: str, way: str
) -> None:
    body, status, code = BAD[bad]
    response = post(client, body, way)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    line = response.json()["error"]
    assert line
    assert "\n" not in line
    assert len(line) < 300
    assert "Traceback" not in line
    assert "asdcfer-app-" not in line
    assert "/tmp" not in line
    assert post(client, photo, way).status_code == 200
    assert list(temporary.iterdir()) == []


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


def test_no_program_is_run_for_a_picture(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(self) -> None:
        raise AssertionError("a decoder was tried that is none of a photograph")

    for kind in ("Eps.EpsImageFile", "Ico.IcoImageFile"):
        module, name = kind.split(".")
        monkeypatch.setattr(f"PIL.{module}ImagePlugin.{name}._open", opened)
    for bad in ("PostScript", "an icon"):
        assert (
            "is not a picture that can be read" in post(client, BAD[bad][0], "raw").json()["error"]
        )


@pytest.mark.parametrize("way", ["raw", "form"])
def test_too_large_is_refused_from_the_announced_length(standin: StandIn, way: str) -> None:
    client = TestClient(make_app(standin, Limits(max_upload_mb=0.1)), base_url="http://localhost")
    response = post(client, b"x" * 300_000, way)
    assert (response.status_code, response.json()["code"]) == (
        413,
        "too_large",
    )
    assert "0.1 MB" in response.json()["error"]
    assert standin.calls == 0
    # The form's framing does not count as the picture, and the picture alone does.
    assert post(client, b"x" * 100_001, way).status_code == 413
    assert post(client, b"x" * 100_000, way).status_code == 422


@pytest.mark.parametrize("way", ["raw", "form"])
def test_too_large_without_a_length_is_cut_off_while_it_streams(
    standin: StandIn, temporary: Path, way: str
) -> None:
    client = TestClient(make_app(standin, Limits(max_upload_mb=0.1)), base_url="http://localhost")
    head = (
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        if way == "form"
        else b""
    )
    kind = "multipart/form-data; boundary=cut" if way == "form" else "image/jpeg"
    response = client.post(
        "/recognize", content=iter([head, *[b"x" * 10_000] * 100]), headers={"content-type": kind}
    )
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\ntext\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\na\r\n' * 3
            + b"--b--\r\n",
        ),
    ],
    ids=["no boundary", "broken", "no file", "three files"],
)
def test_malformed_forms(client: TestClient, kind: str, body: bytes) -> None:
    response = client.post("/recognize", content=body, headers={"content-type": kind})
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


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


def test_turns_pass_a_refusal_through() -> None:
    turns = Turns(Limits())
    with turns.place(), turns.recognizer():
        assert not turns._recognizer.acquire(blocking=False)
    assert turns._recognizer.acquire(blocking=False)
