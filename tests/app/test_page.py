"""The page's files, headers, who may ask, and the description of the interface."""

import re
from pathlib import Path

from fastapi.testclient import TestClient

import asdcfer
from asdcfer.app.schemas import NO_FACE_IN_VIDEO
from asdcfer.app.security import CONTENT_SECURITY_POLICY
from asdcfer.app.summarizing import FILES
from asdcfer.data.image_formats import IMAGE_SUFFIXES
from asdcfer.models.cards import LAW
from asdcfer.recognition.palette import LOOKS
from asdcfer.recognition.video_source import VIDEO_SUFFIXES

STATIC = Path(asdcfer.__file__).parent / "app/static"


ARIA = {
    "role",
    *(f"aria-{name}" for name in ("label", "labelledby", "describedby", "hidden", "pressed")),
    *(f"aria-value{name}" for name in ("min", "max", "now")),
}
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


def test_what_it_cannot_tell_stands_beside_what_the_law_says() -> None:
    text = " ".join((STATIC / "index.html").read_text(encoding="utf-8").split())
    note = text[text.index("What this cannot tell") :]
    assert "They do not say what someone feels" in note
    assert LAW in note


def test_the_page_offers_every_file_of_a_summary() -> None:
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'data-file="([^"]+)"', text)
    assert set(re.findall(r'data-file="([^"]+)"', text)) == set(FILES)


def test_neither_columns_nor_colors_nor_defaults_are_repeated_by_hand() -> None:
    for path in STATIC.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for look in LOOKS.values():
            assert look.light not in text, path.name
        assert '"expression", "confidence"' not in text, path.name
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r'id="event-\w+"[^>]*value=', page), "the server tells them"


def test_texts_in_the_page_have_readable_references() -> None:
    """Every id that a label or description names is there, and every id is there once."""
    for path in STATIC.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), path.name
        named = re.findall(r'\s(?:for|aria-labelledby|aria-describedby)="([^"]+)"', text)
        assert set(" ".join(named).split()) <= set(ids), path.name
        assert set(re.findall(r"\s(aria-[a-z]+|role)=", text)) <= ARIA, path.name


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


def test_the_page_knows_the_one_message_that_is_no_complaint() -> None:
    assert f'"{NO_FACE_IN_VIDEO}"' in (STATIC / "opening.js").read_text(encoding="utf-8")


def test_the_page_knows_every_suffix_of_a_video_and_of_the_photos_of_phones() -> None:
    text = (STATIC / "kinds.js").read_text(encoding="utf-8")
    video, photo = (
        re.compile(re.search(rf"const {name} =\s+/(.*)/i;", text).group(1), re.IGNORECASE)
        for name in ("VIDEO_NAMES", "PHOTO_NAMES")
    )
    assert [suffix for suffix in sorted(VIDEO_SUFFIXES) if not video.search(f"a{suffix}")] == []
    assert not any(video.search(f"a{suffix}") for suffix in IMAGE_SUFFIXES)
    phones = [suffix for suffix in IMAGE_SUFFIXES if suffix.startswith((".he", ".hi", ".av"))]
    assert all(photo.search(f"IMG_1{suffix.upper()}") for suffix in phones)
