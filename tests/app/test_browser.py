"""End to end in headless Chromium, with real photos: what a person sees and presses, and that no
request leaves this machine.
"""

import csv
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.image_formats import formats
from tests.app import faces
from tests.app.chromium import CHROMIUM, DRIVER, Page, start_chromium
from tests.app.standin import encoded
from tests.heic_files import write_heic

selenium = pytest.importorskip("selenium", reason="selenium is not installed")
pytestmark = [
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="needs Chromium and its driver (Debian: apt-get install chromium chromium-driver)",
    ),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    """The pictures and films that the tests open."""
    pytest.importorskip("skimage", reason="scikit-image is not installed")
    folder = tmp_path_factory.mktemp("files")
    (folder / "astronaut.jpg").write_bytes(encoded(faces.astronaut(), "JPEG", quality=92))
    (folder / "pair.jpg").write_bytes(encoded(faces.pair(), "JPEG", quality=92))
    (folder / "wall.png").write_bytes(encoded(np.full((300, 400, 3), 140, np.uint8), "PNG"))
    (folder / "cut.jpg").write_bytes(encoded(faces.astronaut())[:9000])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("not a picture")
    (folder / "text.mp4").write_text("not a video")
    (folder / "huge.jpg").write_bytes(b"\xff" * 6_000_000)
    Image.fromarray(faces.astronaut()).save(folder / "scan.tif")
    if "HEIF" in formats():
        write_heic(folder / "IMG_0001.HEIC", faces.astronaut(), 256)
    faces.film(folder / "film.webm")
    blank = write_video(folder / "blank.mkv", frames=40, size=(320, 240), black=True).read_bytes()
    (folder / "blank.mkv").write_bytes(blank[: len(blank) // 2])
    # Its headers and its index are whole; what they lead to is zeros.
    film = bytearray(write_video(folder / "wiped.avi").read_bytes())
    begin, end = film.index(b"movi") + 4, film.index(b"idx1")
    film[begin:end] = bytes(end - begin)
    (folder / "wiped.avi").write_bytes(film)
    frames = [
        encoded(np.roll(faces.astronaut(), shift, axis=1), "JPEG") for shift in range(0, 20, 2)
    ]
    (folder / "camera.mjpeg").write_bytes(b"".join(frames))
    return folder


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A served page around the real detector, alignment and an untrained network."""
    import uvicorn

    from asdcfer.app.limits import Limits
    from asdcfer.app.server import make_app

    held = socket.create_server(("127.0.0.1", 0))
    app = make_app(faces.real_recognizer(), Limits(max_upload_mb=5), model="untrained")
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="error", ws="none", loop="asyncio", timeout_graceful_shutdown=2
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{held.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    held.close()


@pytest.fixture(scope="module")
def browser(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium with a profile of its own and the astronaut as its camera."""
    driver = start_chromium(tmp_path_factory.mktemp("chromium"), files / "camera.mjpeg")
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Page]:
    """A fresh page; afterwards no request of it may have gone elsewhere, and nothing may have been
    refused by its own policy.
    """
    for kind in ("performance", "browser"):
        browser.get_log(kind)
    browser.set_window_size(1280, 1000)
    yield Page(browser, address)
    asked = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
        elif message["method"] in ("Network.webSocketCreated", "Network.webTransportCreated"):
            asked.append(message["params"]["url"])
    elsewhere = [
        url
        for url in asked
        if urlsplit(url).scheme not in ("blob", "data") and not url.startswith(f"{address}/")
    ]
    assert len(asked) > 5
    assert elsewhere == []
    complaints = [
        entry["message"]
        for entry in browser.get_log("browser")
        if "Content Security Policy" in entry["message"] or "Uncaught" in entry["message"]
    ]
    assert complaints == []


def test_a_photo_from_choosing_to_csv(page: Page, files: Path, browser: Any) -> None:
    assert page.text("status") == "No picture yet."
    assert not page.element("csv").is_enabled()
    page.open(files / "astronaut.jpg")
    page.until(page.cards)
    (card,) = page.cards()
    assert page.text("status").startswith("One face: ")
    assert card["answer"] in page.text("status")
    assert tuple(name for name, _ in card["scores"]) == (
        "angry",
        "disgust",
        "fear",
        "happy",
        "sad",
        "surprise",
        "neutral",
    )
    assert 97 <= sum(int(value.split()[0]) for _, value in card["scores"]) <= 103
    page.until(lambda: page.drawn() > 500)
    # The box lies on the face: middle of the astronaut's head, in shown pixels.
    boxed = page.run(
        """const [photo, canvas] = ['photo', 'overlay'].map((id) => document.getElementById(id));
        const [a, b] = [photo, canvas].map((one) => one.getBoundingClientRect());
        return Math.max(...['left', 'top', 'width', 'height'].map(
            (side) => Math.abs(a[side] - b[side])))"""
    )
    assert boxed < 1
    page.element("csv").click()
    path = page.until(lambda: next(iter(browser.downloads.glob("astronaut-expressions.csv")), None))
    (row,) = csv.DictReader(io.StringIO(path.read_text()))
    assert row["file"] == "astronaut.jpg"
    assert row["face"] == "0"
    assert row["expression"] == card["answer"]
    assert float(row["confidence"]) > 0
    assert 150 < float(row["x"]) < 210
    assert 40 < float(row["y"]) < 90


def test_attention_is_drawn_and_taken_away(page: Page, files: Path) -> None:
    page.open(files / "astronaut.jpg")
    page.until(page.cards)
    bare = page.until(page.drawn)
    page.element("attention").click()
    page.until(lambda: page.drawn() > bare + 2000)
    page.element("attention").click()
    page.until(lambda: page.drawn() == bare)


def test_several_faces_and_the_threshold(page: Page, files: Path) -> None:
    page.open(files / "pair.jpg")
    page.until(lambda: len(page.cards()) == 2)
    assert page.text("status").startswith("2 faces: ")
    second = page.browser.find_elements("css selector", "#faces .face button")[1]
    second.click()
    assert [
        button.get_attribute("aria-pressed")
        for button in page.browser.find_elements("css selector", "#faces .face button")
    ] == ["false", "true"]
    page.run(
        "const s = document.getElementById('threshold'); s.value = 90; s.dispatchEvent(new "
        "Event('input'))"
    )
    assert [card["answer"] for card in page.cards()] == ["uncertain"] * 2
    assert page.text("threshold-value") == "90 %"
    assert "No expression reaches 90 %" in page.text("faces")
    assert "uncertain, uncertain" in page.text("status")


def test_dropping_a_file_anywhere(page: Page, files: Path) -> None:
    page.run(
        """const input = document.createElement('input');
        input.type = 'file';
        input.id = 'dropped';
        document.body.append(input)"""
    )
    page.element("dropped").send_keys(str(files / "astronaut.jpg"))
    page.run(
        """const moved = new DataTransfer();
        moved.items.add(document.getElementById('dropped').files[0]);
        for (const kind of ['dragover', 'drop'])
          document.getElementById('stage').dispatchEvent(
            new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: moved}))"""
    )
    page.until(page.cards)
    assert page.text("status").startswith("One face")


def test_empty_states_and_errors_are_one_line_each(page: Page, files: Path) -> None:
    page.open(files / "wall.png")
    page.until(lambda: page.text("status").startswith("No face found"))
    assert not page.shown("error")
    assert page.cards() == []
    expected = {
        "empty.jpg": "The file is empty (zero bytes).",
        "text.jpg": "The file is not a picture that can be read",
        "cut.jpg": "roken picture",
        "huge.jpg": "The file is larger than 5 MB",
        "text.mp4": "The file is not a video that can be read",
    }
    for name, line in expected.items():
        page.open(files / name)
        page.until(lambda line=line: line in page.text("error"))
        assert page.shown("error")
        assert "\n" not in page.text("error")
        assert page.cards() == []
        assert page.text("status") == "Nothing recognized."
    page.open(files / "astronaut.jpg")
    page.until(page.cards)
    assert not page.shown("error")


@pytest.mark.parametrize("name", ["scan.tif", "IMG_0001.HEIC"])
def test_a_picture_the_browser_cannot_read_is_shown_all_the_same(
    page: Page, files: Path, name: str
) -> None:
    if not (files / name).exists():
        pytest.skip("the extra [heic] is not installed")
    page.open(files / name)
    page.until(page.cards)
    page.until(lambda: page.run("return document.getElementById('photo').naturalWidth") == 512)
    assert page.element("stage").get_attribute("data-state") == "photo"
    assert page.run("return document.getElementById('overlay').width") > 100


def test_a_video_with_timeline_keys_and_csv(page: Page, files: Path, browser: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    page.open(files / "film.webm")
    page.until(lambda: "frames, " in page.text("status"), 60)
    assert page.text("status") == "30 frames, 30 with a face."
    assert page.run("return document.getElementById('progress').value") == 1
    timeline = page.element("timeline")
    page.until(lambda: timeline.get_attribute("aria-valuemax") in ("3.0", "2.9"))
    timeline.send_keys(Keys.END)
    page.until(lambda: timeline.get_attribute("aria-valuenow") == "2.9")
    timeline.send_keys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    page.until(
        lambda: (
            timeline.get_attribute("aria-valuenow") == "0.2"
            and abs(page.run("return document.getElementById('video').currentTime") - 0.2) < 0.01
        )
    )
    page.until(lambda: len(page.cards()) == 2 and page.drawn() > 500)
    # In the middle third the right face is away.
    page.run("const v = document.getElementById('video'); v.currentTime = 1.5")
    page.until(lambda: len(page.cards()) == 1)
    # Counted before the click: the overlay may be there at once.
    bare = page.drawn()
    page.element("attention").click()
    page.until(lambda: page.drawn() > bare + 1000)
    page.element("play").click()
    page.until(lambda: page.run("return document.getElementById('video').currentTime") > 2.2)
    page.element("csv").click()
    path = page.until(lambda: next(iter(browser.downloads.glob("film-expressions.csv")), None))
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert len(rows) == 50
    assert {row["frame"] for row in rows} == {str(number) for number in range(30)}
    assert float(rows[-1]["time"]) == pytest.approx(2.9, abs=0.01)


def test_a_video_without_a_readable_frame_says_why(page: Page, files: Path) -> None:
    page.open(files / "wiped.avi")
    page.until(lambda: page.shown("error"))
    assert page.text("error").startswith("No frame of this video can be read")
    assert page.text("status") == "Nothing recognized."


def test_a_video_without_faces_that_breaks_off_says_both(page: Page, files: Path) -> None:
    page.open(files / "blank.mkv")
    page.until(lambda: page.text("status") == "No face found in this video.", 60)
    page.until(lambda: page.shown("error"))
    assert page.text("error").startswith("The video broke off after frame ")
    assert int(page.text("progress-text").split()[0]) > 3


def test_the_parts_that_compute(page: Page) -> None:
    """Names with commas and quotes in the table; and the camera's faces keep their number while
    they move, with calmer scores.
    """
    table, kept = page.browser.execute_async_script(
        """const done = arguments[0];
        const face = (x, happy) => ({
            id: 0, box: {x, y: 10, width: 50, height: 60}, scores: {happy, sad: 1 - happy},
            status: 'ok'});
        const modules = [import('/static/csv.js'), import('/static/camera.js')];
        Promise.all(modules).then(([{toCsv}, {follow}]) => {
            const small = {...face(5, 0.9), confidence: 0.9, status: 'too small'};
            const records = [
                {file: 'a "b", c.jpg', frame: 0, time: 0,
                 faces: [{...face(1, 0.75), confidence: 0.75}, small]},
                {file: 'd', frame: 1, time: 0.5, faces: []}];
            let given = 2;
            const before = [{...face(100, 1), id: 0}, {...face(300, 1), id: 1}];
            const now = [face(310, 0), face(105, 1), face(600, 0.3)];
            const after = follow(before, now, () => given++);
            done([
                toCsv(records, ['happy', 'sad'], 0.5),
                after.map(({id, scores, confidence}) => [id, scores.happy, confidence ?? null])]);
        })"""
    )
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["file"] for row in rows] == ['a "b", c.jpg', 'a "b", c.jpg', "d"]
    assert [(row["expression"], row["status"]) for row in rows] == [
        ("happy", "ok"),
        ("uncertain", "too small"),
        ("", "no face"),
    ]
    assert rows[0]["happy"] == "0.75"
    assert rows[2]["x"] == ""
    assert rows[2]["time"] == "0.5"
    assert kept == [[1, pytest.approx(0.6), pytest.approx(0.6)], [0, 1, 1], [2, 0.3, None]]


def test_the_camera_starts_recognizes_and_stops(page: Page) -> None:
    page.element("camera").click()
    page.until(lambda: page.text("status") == "Camera: one face.")
    assert page.element("camera").text == "Stop the camera"
    assert len(page.cards()) == 1
    page.until(lambda: page.drawn() > 300)
    page.element("camera").click()
    page.until(lambda: page.text("status") == "No picture yet.")
    assert page.run("return document.getElementById('video').srcObject === null")


def test_the_keyboard_alone_is_enough(page: Page, files: Path) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    page.open(files / "pair.jpg")
    page.until(lambda: len(page.cards()) == 2)
    page.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    visited = []
    for _ in range(14):
        ActionChains(page.browser).send_keys(Keys.TAB).perform()
        if page.run("return document.activeElement === document.body"):
            break
        visited.append(
            page.run(
                "const a = document.activeElement; return a.id || a.className || "
                "a.closest('.face')?.dataset.face || a.textContent.trim()"
            )
        )
        ringed = page.run(
            "const a = document.activeElement; return getComputedStyle(a.id === 'file' ? "
            "a.closest('.button') : a).outlineStyle"
        )
        assert ringed != "none", visited
    for name in (
        "skip",
        "file",
        "camera",
        "attention",
        "threshold",
        "csv",
        "0",
        "1",
        "HTTP interface",
    ):
        assert name in visited, visited
    assert (
        visited.index("file")
        < visited.index("camera")
        < visited.index("csv")
        < visited.index("0")
        < visited.index("HTTP interface")
    )


@pytest.mark.parametrize("width", [400, 700, 1280])
def test_nothing_is_wider_than_the_window(page: Page, files: Path, width: int) -> None:
    # Chromium's own window stops at 500 pixels; the emulated screen does not.
    page.browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    try:
        page.open(files / "pair.jpg")
        page.until(lambda: len(page.cards()) == 2 and page.drawn())
        assert page.run("return window.innerWidth") == width
        assert page.run("return document.documentElement.scrollWidth") <= width
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
