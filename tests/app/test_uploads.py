"""Every bad upload is refused in one line and leaves the page up."""

import io
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from asdcfer.app.limits import Limits
from asdcfer.app.server import make_app
from asdcfer.app.uploads import kept_on_disk
from tests.app.standin import StandIn, encoded, png_header, post
from tests.heic_files import write_heic

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


def test_no_program_is_run_for_a_picture(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(self) -> None:
        raise AssertionError("a decoder was tried that is none of a photograph")

    for kind in ("Eps.EpsImageFile", "Ico.IcoImageFile"):
        module, name = kind.split(".")
        monkeypatch.setattr(f"PIL.{module}ImagePlugin.{name}._open", opened)
    for bad, said in (
        ("PostScript", "A PostScript file; save it as JPEG."),
        ("an icon", "is not a picture that can be read"),
    ):
        assert said in post(client, BAD[bad][0], "raw").json()["error"]


def test_a_photo_of_a_phone_is_no_video(
    standin: StandIn, client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pi_heif", reason="the extra [heic] is not installed")
    photo = write_heic(tmp_path / "a.heic", np.zeros((64, 128, 3), np.uint8)).read_bytes()
    answer = post(client, photo, "raw").json()
    assert (answer["width"], answer["height"]) == (128, 64)
    for module in ("image_formats", "image_io"):
        monkeypatch.setattr(f"asdcfer.data.{module}.formats", lambda: ("JPEG",))
    response = post(client, photo, "raw")
    assert (response.status_code, response.json()["code"]) == (422, "unreadable")
    assert "HEIC picture" in response.json()["error"]
    assert "asdcfer[heic]" in response.json()["error"]


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


def test_camcorder_files_keep_their_suffix_and_are_known_for_videos(
    client: TestClient, temporary: Path
) -> None:
    assert (
        client.post("/recognize", content=b"x" * 400, params={"name": "film.MTS"}).json()["code"]
        == "is_video"
    )
    with kept_on_disk(io.BytesIO(b"x"), "film.MTS", temporary) as path:
        assert path.suffix == ".mts"
        assert path.parent.parent == temporary
